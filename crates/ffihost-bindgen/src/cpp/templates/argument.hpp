{% if param.by_pointer %}ffihost::detail::address({% endif %}ffihost::detail::lend<{{ param.c_type }}>({{ param.name }}, arena){% if param.by_pointer %}){% endif %},
