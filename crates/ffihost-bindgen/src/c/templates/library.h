
/* What every library has; ffihost.h says more. */

/* The library's own version, NUL-terminated, in static storage. */
const char *{{ library.name }}_version(void);

/* What {{ c.upper }}_ABI_HASH has to be equal to. */
uint64_t {{ library.name }}_abi_hash(void);

/* The library's surface as CBOR, in static storage. */
int {{ library.name }}_abi_descriptor(const uint8_t **bytes, size_t *len);

/* Closes, and waits until that is done. Returns FFI_RET_OK, INVALID_CTX, WOULD_DEADLOCK (in a callback), or TIMED_OUT. */
int {{ library.name }}_destroy(void *ctx);

/* Begins to close and returns at once; done, which may be NULL, is called when nothing of the context is left.
 * Returns FFI_RET_OK, INVALID_CTX, CLOSING (the second time), or BUSY.
 */
int {{ library.name }}_close(void *ctx, FFICallBack done, void *userData);

/* Cancels the requests that were submitted with this userData and have not ended; they call back with FFI_RET_CANCELLED.
 * Returns FFI_RET_OK if there was one, UNKNOWN_TOKEN if not, or INVALID_CTX.
 */
int {{ library.name }}_cancel(void *ctx, void *userData);

/* Fills *out, whose size has to be set. Returns FFI_RET_OK, INVALID_CTX, or INVALID_ARGUMENT. */
int {{ library.name }}_stats(void *ctx, FFIStats *out);
{%- if library.serve %}

/* Serves ctx to other processes, at `unix:<path>` or `tcp:<host>:<port>`, until it is closed; options may be NULL. cb: once,
 * FFI_RET_OK and the address, or FFI_RET_ERR and why it is not listened on. See serve in ffihost.h.
 * Returns FFI_RET_OK, MISSING_CALLBACK, INVALID_CTX, CLOSING, INVALID_ARGUMENT, or BUSY.
 */
int {{ library.name }}_serve(void *ctx, const char *address, const FFIServeOptions *options, FFICallBack cb, void *userData);
{%- endif %}

/* Registers a host function, or with fn = NULL unregisters it. The helpers below do it with types.
 * Returns FFI_RET_OK, INVALID_CTX, INVALID_ARGUMENT, CLOSING, or NOT_REGISTERED.
 */
int {{ library.name }}_register_host_fn(void *ctx, const char *name, FFIHostFn fn, void *userData);
int {{ library.name }}_register_host_fn_cbor(void *ctx, const char *name, FFIHostFn fn, void *userData);
int {{ library.name }}_register_host_fn_with(void *ctx, const char *name, const FFIHostFnOptions *options);

/* 1 or 0; or minus a status. */
int {{ library.name }}_host_fn_registered(void *ctx, const char *name);

/* Answers a host call. The helpers below do it with types.
 * Returns FFI_RET_OK, UNKNOWN_TOKEN (late, double, never issued), DECODE, TOO_LARGE, or INVALID_CTX.
 */
int {{ library.name }}_host_complete(void *ctx, uint64_t token, int ret, const char *msg, size_t len);

/* Calls cb on the event thread for every such event. Returns the listener, or 0 if it is refused. */
uint64_t {{ library.name }}_add_event_listener(void *ctx, const char *event, FFICallBack cb, void *userData);
uint64_t {{ library.name }}_add_event_listener_cbor(void *ctx, const char *event, FFICallBack cb, void *userData);

/* After FFI_RET_OK the listener is not running and will not be called again.
 * Returns FFI_RET_OK, BUSY (its last delivery still runs; ask again), INVALID_CTX, or UNKNOWN_TOKEN.
 */
int {{ library.name }}_remove_event_listener(void *ctx, uint64_t listener);
