//! How things are called, and that no two are called the same.

use crate::Error;
use std::collections::HashMap;

pub(crate) use ffihost_abi::names::{args, camel, cbor, release, shouty, snake};

/// Everything that has a name in one scope, and what it is, for the error if something else is to have it too.
#[derive(Default)]
pub(crate) struct Scope(HashMap<String, String>);

impl Scope {
    /// A name that is given, by the ABI or by the author: nothing else may have it.
    pub(crate) fn claim(&mut self, name: &str, what: impl Into<String>) -> Result<(), Error> {
        let what = what.into();
        match self.0.insert(name.to_owned(), what.clone()) {
            None => Ok(()),
            Some(first) => Err(Error::SameName { name: name.to_owned(), first, second: what }),
        }
    }

    /// A name that only these bindings have: if it is taken, it gets underscores at its end.
    pub(crate) fn give(&mut self, name: &str, what: &str) -> String {
        let mut name = name.to_owned();
        while self.0.contains_key(&name) {
            name.push('_');
        }
        self.0.insert(name.clone(), what.to_owned());
        name
    }

    /// Names that others may not have, because the bindings use them themselves.
    pub(crate) fn reserve(&mut self, names: &[&str]) {
        for name in names {
            self.0.insert((*name).to_owned(), "a name of the bindings".to_owned());
        }
    }
}

/// A name as C and C++ take it: one that is a keyword of theirs, or commonly a macro, gets an underscore at its end.
pub(crate) fn identifier(name: &str) -> String {
    let name = name.strip_prefix("r#").unwrap_or(name);
    let is_taken = KEYWORDS.contains(&name) || MACROS.contains(&name);
    if is_taken { format!("{name}_") } else { name.to_owned() }
}

/// Keywords of C up to C23 and of C++ up to C++26, common extensions among them.
const KEYWORDS: &[&str] = &[
    "alignas",
    "alignof",
    "and",
    "and_eq",
    "asm",
    "auto",
    "bitand",
    "bitor",
    "bool",
    "break",
    "case",
    "catch",
    "char",
    "char16_t",
    "char32_t",
    "char8_t",
    "class",
    "co_await",
    "co_return",
    "co_yield",
    "compl",
    "concept",
    "const",
    "const_cast",
    "consteval",
    "constexpr",
    "constinit",
    "continue",
    "contract_assert",
    "decltype",
    "default",
    "delete",
    "do",
    "double",
    "dynamic_cast",
    "else",
    "enum",
    "explicit",
    "export",
    "extern",
    "false",
    "far",
    "float",
    "for",
    "friend",
    "goto",
    "if",
    "inline",
    "int",
    "long",
    "mutable",
    "namespace",
    "near",
    "new",
    "noexcept",
    "not",
    "not_eq",
    "nullptr",
    "operator",
    "or",
    "or_eq",
    "private",
    "protected",
    "public",
    "register",
    "reinterpret_cast",
    "requires",
    "restrict",
    "return",
    "short",
    "signed",
    "sizeof",
    "static",
    "static_assert",
    "static_cast",
    "struct",
    "switch",
    "template",
    "this",
    "thread_local",
    "throw",
    "true",
    "try",
    "typedef",
    "typeid",
    "typename",
    "typeof",
    "typeof_unqual",
    "union",
    "unsigned",
    "using",
    "virtual",
    "void",
    "volatile",
    "wchar_t",
    "while",
    "xor",
    "xor_eq",
];

/// Words that systems' headers, or compilers in their default modes, define as macros.
const MACROS: &[&str] = &[
    "EOF",
    "NULL",
    "assert",
    "environ",
    "errno",
    "interface",
    "linux",
    "offsetof",
    "stderr",
    "stdin",
    "stdout",
    "unix",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_keyword_gets_an_underscore() {
        assert_eq!(identifier("class"), "class_");
        assert_eq!(identifier("r#union"), "union_");
        assert_eq!(identifier("classes"), "classes");
        assert!(KEYWORDS.is_sorted() && MACROS.is_sorted());
    }

    #[test]
    fn a_name_is_given_once() {
        let mut scope = Scope::default();
        scope.claim("my_app_open", "the request `open`").expect("it is free");
        assert_eq!(scope.give("my_app_open", "a helper"), "my_app_open_");
        let error = scope.claim("my_app_open", "the request `open` too").expect_err("it is taken");
        assert!(error.to_string().starts_with("the request `open` and the request `open` too are both `my_app_open`"));
    }
}
