The same, to co_await: goes on on the FFI thread, or where its resume_on says.
