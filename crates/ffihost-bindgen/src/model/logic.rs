//! What types mean beyond what they cross as. A language has types of its own for some meanings; every other type is its
//! representation there, and the documentation says what the numbers mean.

use ffihost_schema::{Checked, Docs, Field, Library, Logic, Payload, Type};

/// A meaning that a language may have a type of its own for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Meaning {
    Duration,
    Time,
    Char,
    Path,
    Uuid,
    Url,
}

impl Meaning {
    /// Nothing if no language has such a type, or if it crosses otherwise than it should.
    fn of(logic: &Logic, representation: &Type) -> Option<Self> {
        let Logic::Name(name) = logic else { return None };
        Some(match (&**name, representation) {
            ("duration", Type::U64) => Self::Duration,
            ("time", Type::I64) => Self::Time,
            ("char", Type::U32) => Self::Char,
            ("path", Type::String) => Self::Path,
            ("uuid", Type::String) => Self::Uuid,
            ("url", Type::String) => Self::Url,
            _ => return None,
        })
    }

    /// What the representation is.
    fn text(self) -> &'static str {
        match self {
            Self::Duration => "nanoseconds",
            Self::Time => "nanoseconds since 1970, UTC",
            Self::Char => "a Unicode scalar value",
            Self::Path => "a path of the file system",
            Self::Uuid => "a UUID",
            Self::Url => "an absolute URL",
        }
    }
}

/// The types that a language has of its own, as they are spelled.
#[derive(Clone, Copy)]
pub(crate) struct OwnTypes(pub(crate) &'static [(Meaning, &'static str)]);

impl OwnTypes {
    /// How a type is spelled that means something, if it is one of these.
    pub(crate) fn get(self, logic: &Logic, representation: &Type) -> Option<&'static str> {
        let meaning = Meaning::of(logic, representation)?;
        self.0.iter().find(|(own, _)| *own == meaning).map(|(_, spelled)| *spelled)
    }

    /// The same library, with every type as what it crosses as, unless it is one of these.
    pub(crate) fn represent(self, library: &Checked) -> Checked {
        let represented = library.clone().changed(|library| self.represent_items(library));
        represented.expect("representations use the types that the library had")
    }

    fn represent_items(self, library: &mut Library) {
        self.fields(&mut library.constructor.params);
        library.constructor.error.iter_mut().for_each(|ty| *ty = self.plain(ty));
        library.structs.iter_mut().for_each(|item| self.fields(&mut item.fields));
        library.newtypes.iter_mut().for_each(|item| self.explained(&mut item.docs, "", &mut item.ty));
        for variant in library.enums.iter_mut().flat_map(|item| &mut item.variants) {
            match &mut variant.payload {
                Payload::Unit => {}
                Payload::One(ty) => self.explained(&mut variant.docs, "It holds ", ty),
                Payload::Fields(list) => self.fields(list),
            }
        }
        for item in &mut library.requests {
            self.fields(&mut item.params);
            self.explained(&mut item.docs, "The result is ", &mut item.result);
            item.error.iter_mut().for_each(|ty| *ty = self.plain(ty));
        }
        for item in &mut library.host_fns {
            self.fields(&mut item.params);
            self.explained(&mut item.docs, "The result is ", &mut item.result);
            item.error.iter_mut().for_each(|ty| *ty = self.plain(ty));
        }
        library.events.iter_mut().for_each(|item| self.fields(&mut item.params));
    }

    fn fields(self, fields: &mut [Field]) {
        fields.iter_mut().for_each(|field| self.explained(&mut field.docs, "", &mut field.ty));
    }

    /// A type as what it crosses as, unless it is one of these. Newtypes stay, since a language can name a type.
    pub(crate) fn plain(self, ty: &Type) -> Type {
        match ty {
            Type::Option(inner) => Type::Option(Box::new(self.plain(inner))),
            Type::List(inner) => Type::List(Box::new(self.plain(inner))),
            Type::Map(inner) => Type::Map(Box::new(self.plain(inner))),
            Type::As(logic @ Logic::Newtype(_), inner) => Type::As(logic.clone(), Box::new(self.plain(inner))),
            Type::As(logic, inner) if self.get(logic, inner).is_none() => self.plain(inner),
            plain => plain.clone(),
        }
    }

    /// Says in the documentation what the representation alone does not.
    fn explained(self, Docs { text: docs, .. }: &mut Docs, start: &str, ty: &mut Type) {
        if let Some(meaning) = self.meaning(ty) {
            let sentence = format!("{start}{meaning}.");
            let mut letters = sentence.chars();
            let first = letters.next().into_iter().flat_map(char::to_uppercase);
            let gap = if docs.is_empty() { "" } else { " " };
            *docs = format!("{docs}{gap}{}{}", first.collect::<String>(), letters.as_str());
        }
        *ty = self.plain(ty);
    }

    /// What a type is, inside of options, lists and maps too.
    fn meaning(self, ty: &Type) -> Option<String> {
        match ty {
            Type::Option(inner) | Type::List(inner) | Type::Map(inner) => self.meaning(inner),
            Type::As(logic, inner) if self.get(logic, inner).is_some() => None,
            // Its own documentation says so.
            Type::As(Logic::Newtype(_), _) => None,
            Type::As(Logic::Array(len), inner) => {
                let what = self.meaning(inner).map(|meaning| format!(": {meaning}")).unwrap_or_default();
                let parts = if **inner == Type::Bytes { "bytes" } else { "values" };
                Some(format!("exactly {len} {parts}{what}"))
            }
            Type::As(logic @ Logic::Name(name), inner) => Some(match (Meaning::of(logic, inner), &**name) {
                (Some(meaning), _) => meaning.text().to_owned(),
                (None, "set") => {
                    let what = self.meaning(inner).map(|meaning| format!(": {meaning}")).unwrap_or_default();
                    format!("no value occurs twice{what}")
                }
                (None, other) => format!("a `{other}`"),
            }),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn logical(name: &str, representation: Type) -> Type {
        Type::As(Logic::Name(name.to_owned()), Box::new(representation))
    }

    #[test]
    fn what_a_language_has_no_type_for_is_its_representation() {
        let own = OwnTypes(&[(Meaning::Duration, "Time.Span")]);
        let list = |ty| Type::List(Box::new(ty));
        let array = |ty| Type::As(Logic::Array(2), Box::new(list(ty)));
        let kept = logical("duration", Type::U64);
        for (ty, expected, docs) in [
            (kept.clone(), kept.clone(), ""),
            (array(kept.clone()), list(kept.clone()), "Exactly 2 values."),
            (list(kept.clone()), list(kept), ""),
            (logical("time", Type::I64), Type::I64, "Nanoseconds since 1970, UTC."),
            (logical("Color", logical("Paint", Type::U8)), Type::U8, "A `Color`."),
            // Not as the format says, so it is something else.
            (logical("duration", Type::String), Type::String, "A `duration`."),
        ] {
            let mut field = Field { name: String::new(), docs: Docs::default(), ty };
            own.fields(std::slice::from_mut(&mut field));
            assert_eq!((field.ty, &*field.docs), (expected, docs));
        }
    }
}
