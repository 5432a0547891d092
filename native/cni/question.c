#include "program.h"

bool text_add(struct text *text, const char *bytes) {
  size_t length = strlen(bytes);
  if (length > sizeof text->bytes - text->length)
    return false;
  memcpy(text->bytes + text->length, bytes, length);
  text->length += length;
  return true;
}

bool text_quote(struct text *text, const char *bytes, size_t length) {
  static const char digits[] = "0123456789abcdef";
  if (length > (sizeof text->bytes - text->length) / 6)
    return false;
  for (size_t i = 0; i < length; i++) {
    unsigned char byte = (unsigned char)bytes[i];
    char *at = text->bytes + text->length;
    if (byte == '"' || byte == '\\') {
      at[0] = '\\';
      at[1] = (char)byte;
      text->length += 2;
    } else if (byte < ' ') {
      memcpy(at, "\\u00", 4);
      at[4] = digits[byte >> 4];
      at[5] = digits[byte & 15];
      text->length += 6;
    } else {
      at[0] = (char)byte;
      text->length++;
    }
  }
  return true;
}

/* The variables of the specification: nothing else of the environment is anybody's matter. */
static bool add_environment(struct text *question) {
  bool first = true;
  for (char **variable = environ; *variable != NULL; variable++) {
    size_t name = strcspn(*variable, "=");
    if (strncmp(*variable, "CNI_", 4) != 0 || (*variable)[name] == '\0')
      continue;
    const char *value = *variable + name + 1;
    if (!text_add(question, first ? "\"" : ",\"") || !text_quote(question, *variable, name) ||
        !text_add(question, "\":\"") || !text_quote(question, value, strlen(value)) || !text_add(question, "\""))
      return false;
    first = false;
  }
  return true;
}

bool question_make(struct text *question, const char *program, const char *input, size_t length) {
  return text_add(question, "{\"method\":\"cni\",\"program\":\"") && text_quote(question, program, strlen(program)) &&
         text_add(question, "\",\"environment\":{") && add_environment(question) &&
         text_add(question, "},\"input\":\"") && text_quote(question, input, length) && text_add(question, "\"}\n");
}
