

/* Gives a {{ c.own(handle.name) }} back; its number is never used again. Legal on any thread.
 * Returns FFI_RET_OK, INVALID_CTX, or UNKNOWN_TOKEN if it is no live handle of this context.
 */
int {{ handle.release.symbol }}(void *ctx, {{ c.own(handle.name) }} handle);
