/* The columns of an access block under construction, as docs/trace-format.md has them: grows, never fails but by abort. */
#ifndef DAMONLAB_COLUMNS_H
#define DAMONLAB_COLUMNS_H

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

struct column {
  uint8_t *bytes;
  size_t length;
  size_t capacity;
};

static inline void column_room(struct column *column, size_t more)
{
  if (column->length + more <= column->capacity) return;
  column->capacity = 2 * (column->length + more) + 4096;
  column->bytes = realloc(column->bytes, column->capacity);
  if (column->bytes == NULL) abort();
}

/* LEB128. */
static inline void column_varint(struct column *column, uint64_t value)
{
  column_room(column, 10);
  while (value >= 0x80) {
    column->bytes[column->length++] = (uint8_t)(value | 0x80);
    value >>= 7;
  }
  column->bytes[column->length++] = (uint8_t)value;
}

static inline void column_bytes(struct column *column, const void *bytes, size_t length)
{
  column_room(column, length);
  memcpy(column->bytes + column->length, bytes, length);
  column->length += length;
}

/* Another column with its length before it. */
static inline void column_append(struct column *column, const struct column *other)
{
  column_varint(column, other->length);
  column_bytes(column, other->bytes, other->length);
}

#endif
