The same, to co_await: goes on on the FFI thread.
