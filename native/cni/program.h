#ifndef LINKWRIGHT_CNI_PROGRAM_H
#define LINKWRIGHT_CNI_PROGRAM_H

#include "../qemu/program.h"

/* What a configuration may have at most, and what it is when each byte of it is escaped, with the environment. */
enum { LARGEST_INPUT = 1024 * 1024, LARGEST_QUESTION = 6 * LARGEST_INPUT + 1024 * 1024 };

/* Codes of the CNI specification, section 5. */
enum code { INVALID_ENVIRONMENT = 4, INPUT_OUTPUT = 5, TRY_AGAIN = 11 };

/* settings.c: what /etc/linkwright/cni.conf says; what it does not say is as it is here. False where it cannot be believed. */
struct settings {
  char socket[108], node[4096], script[4096]; /* without a node there is no slow way */
  uint32_t taken, answered;                   /* milliseconds until a service takes the question, and answers it */
};
bool settings_read(struct settings *settings);

/* question.c: puts texts as they are, or as the inside of a JSON string, behind what is there; false when there is no room.
   Makes the question of a program's environment and input, a line of JSON. */
struct text {
  size_t length;
  char bytes[LARGEST_QUESTION];
};
bool text_add(struct text *text, const char *bytes);
bool text_quote(struct text *text, const char *bytes, size_t length);
bool question_make(struct text *question, const char *program, const char *input, size_t length);

/* ask.c: what became of a question. Nothing has been done for one that nobody took. An answer is printed. */
enum asked { NOBODY_TOOK, DID, FAILED, LOST };
enum asked ask(const struct settings *settings, const struct text *question, const int *namespaces, int count);

#endif
