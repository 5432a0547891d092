#include "program.h"

bool attribute_next(struct attributes *rest, uint16_t *type, struct attributes *payload) {
  struct nlattr header;
  if (rest->length < sizeof header)
    return false;
  memcpy(&header, rest->bytes, sizeof header);
  if (header.nla_len < sizeof header || header.nla_len > rest->length)
    return false;
  size_t step = NLA_ALIGN(header.nla_len);
  step = step < rest->length ? step : rest->length;
  *type = header.nla_type & NLA_TYPE_MASK;
  *payload = (struct attributes){rest->bytes + sizeof header, header.nla_len - sizeof header};
  *rest = (struct attributes){rest->bytes + step, rest->length - step};
  return true;
}

struct attributes attribute_find(struct attributes row, uint16_t wanted) {
  struct attributes payload;
  uint16_t type;
  while (attribute_next(&row, &type, &payload))
    if (type == wanted)
      return payload;
  return (struct attributes){NULL, 0};
}

uint32_t attribute_u32(struct attributes payload) {
  uint32_t number = 0;
  if (payload.length == sizeof number)
    memcpy(&number, payload.bytes, sizeof number);
  return number;
}

const char *attribute_text(struct attributes payload) {
  const unsigned char *end = payload.length > 0 ? memchr(payload.bytes, 0, payload.length) : NULL;
  return end != NULL && end + 1 == payload.bytes + payload.length ? (const char *)payload.bytes : NULL;
}

bool is_name(const char *name) {
  size_t length = strlen(name);
  return length > 0 && length < 16 && strpbrk(name, "/: \t\n\v\f\r") == NULL;
}
