# Defines {{name}}::{{name}}, the dynamic library, and {{name}}::static.
if(NOT TARGET {{name}}::{{name}})
    get_filename_component(_{{name}}_prefix "${CMAKE_CURRENT_LIST_DIR}/../../.." ABSOLUTE)
    add_library({{name}}::{{name}} SHARED IMPORTED)
    set_target_properties({{name}}::{{name}} PROPERTIES
        IMPORTED_LOCATION "${_{{name}}_prefix}/lib/{{dynamic}}"
        IMPORTED_NO_SONAME TRUE{{import}}
        INTERFACE_INCLUDE_DIRECTORIES "${_{{name}}_prefix}/include")
    add_library({{name}}::static STATIC IMPORTED)
    set_target_properties({{name}}::static PROPERTIES
        IMPORTED_LOCATION "${_{{name}}_prefix}/lib/{{archive}}"
        INTERFACE_LINK_LIBRARIES "{{native_libs;}}"
        INTERFACE_INCLUDE_DIRECTORIES "${_{{name}}_prefix}/include")
    unset(_{{name}}_prefix)
endif()
