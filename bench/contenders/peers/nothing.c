/* The floor of whole processes: a static program that does nothing. */
int main(void) { return 0; }
