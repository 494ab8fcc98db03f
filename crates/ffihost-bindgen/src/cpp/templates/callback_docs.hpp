The same; done is called on the FFI thread, once, unless this throws because the request is refused.
