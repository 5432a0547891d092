#include "runner.h"

struct row row_behind(struct row row, size_t count) {
  if (row.bytes == NULL || row.length < count)
    return (struct row){NULL, 0};
  return (struct row){row.bytes + count, row.length - count};
}

const char *row_text(struct row row) {
  return row.length > 0 && row.bytes[row.length - 1] == '\0' ? (const char *)row.bytes : NULL;
}

bool attribute_next(struct row *rest, uint16_t *type, struct row *payload) {
  struct nlattr header;
  if (rest->length < sizeof header)
    return false;
  memcpy(&header, rest->bytes, sizeof header);
  if (header.nla_len < sizeof header || header.nla_len > rest->length)
    return false;
  size_t step = NLA_ALIGN(header.nla_len);
  *type = header.nla_type & NLA_TYPE_MASK;
  *payload = (struct row){rest->bytes + sizeof header, header.nla_len - sizeof header};
  *rest = row_behind(*rest, step < rest->length ? step : rest->length);
  return true;
}

struct row attribute_find(struct row row, uint16_t wanted) {
  struct row payload;
  uint16_t type;
  while (attribute_next(&row, &type, &payload))
    if (type == wanted)
      return payload;
  return (struct row){NULL, 0};
}

bool part_next(struct row *rest, struct row *payload) {
  uint32_t length;
  if (rest->length < sizeof length)
    return false;
  memcpy(&length, rest->bytes, sizeof length);
  if (length < sizeof length || length > rest->length)
    return false;
  size_t step = ((size_t)length + 3) & ~(size_t)3;
  *payload = (struct row){rest->bytes + sizeof length, length - sizeof length};
  *rest = row_behind(*rest, step < rest->length ? step : rest->length);
  return true;
}
