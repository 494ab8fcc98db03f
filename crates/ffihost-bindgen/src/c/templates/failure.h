{%- if let Some((carried, reader)) = c.failure(name, outcomes) %}FFI_RET_ERR with {{ carried }}, see {{ reader }}; {% endif %}or another status with text
