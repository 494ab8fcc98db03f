
Only in CBOR, as bytes in both directions: request is the map {{ "{" }}{% for (name, _) in keys.iter() %}{% if !loop.first %}, {% endif %}"{{ name }}": ...{% endfor %}}.

{{ Cpp::key_table(keys) }}
