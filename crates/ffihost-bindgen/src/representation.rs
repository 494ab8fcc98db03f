//! What a library is to languages that know no logic: every type is its representation, and the documentation says what the
//! numbers mean. Newtypes stay, since a language can name a type.

use ffihost_schema::{Checked, Field, Library, Logic, Payload, Type};

/// The same library, with every type as what it crosses as.
pub(crate) fn representation(library: &Checked) -> Checked {
    library.clone().changed(represent).expect("representations use the types that the library had")
}

fn represent(library: &mut Library) {
    fields(&mut library.constructor.params);
    library.constructor.error.iter_mut().for_each(plain);
    library.structs.iter_mut().for_each(|item| fields(&mut item.fields));
    library.newtypes.iter_mut().for_each(|item| explained(&mut item.docs, "", &mut item.ty));
    for variant in library.enums.iter_mut().flat_map(|item| &mut item.variants) {
        match &mut variant.payload {
            Payload::Unit => {}
            Payload::One(ty) => explained(&mut variant.docs, "It holds ", ty),
            Payload::Fields(list) => fields(list),
        }
    }
    for item in &mut library.requests {
        fields(&mut item.params);
        explained(&mut item.docs, "The result is ", &mut item.result);
        item.error.iter_mut().for_each(plain);
    }
    for item in &mut library.host_fns {
        fields(&mut item.params);
        explained(&mut item.docs, "The result is ", &mut item.result);
        item.error.iter_mut().for_each(plain);
    }
    library.events.iter_mut().for_each(|item| fields(&mut item.params));
}

fn fields(fields: &mut [Field]) {
    fields.iter_mut().for_each(|field| explained(&mut field.docs, "", &mut field.ty));
}

fn plain(ty: &mut Type) {
    match ty {
        Type::Option(inner) | Type::List(inner) | Type::Map(inner) | Type::As(Logic::Newtype(_), inner) => plain(inner),
        Type::As(_, inner) => {
            plain(inner);
            *ty = std::mem::replace(inner, Type::Unit);
        }
        _ => {}
    }
}

/// Says in the documentation what the representation alone does not.
fn explained(docs: &mut String, start: &str, ty: &mut Type) {
    if let Some(meaning) = meaning(ty) {
        let sentence = format!("{start}{meaning}.");
        let mut letters = sentence.chars();
        let first = letters.next().into_iter().flat_map(char::to_uppercase);
        let gap = if docs.is_empty() { "" } else { " " };
        *docs = format!("{docs}{gap}{}{}", first.collect::<String>(), letters.as_str());
    }
    plain(ty);
}

/// What a type is, inside of options, lists and maps too.
fn meaning(ty: &Type) -> Option<String> {
    match ty {
        Type::Option(inner) | Type::List(inner) | Type::Map(inner) => meaning(inner),
        Type::As(Logic::Array(len), inner) => {
            let what = meaning(inner).map(|meaning| format!(": {meaning}")).unwrap_or_default();
            let parts = if **inner == Type::Bytes { "bytes" } else { "values" };
            Some(format!("exactly {len} {parts}{what}"))
        }
        // Its own documentation says so.
        Type::As(Logic::Newtype(_), _) => None,
        Type::As(Logic::Name(name), inner) => Some(match &**name {
            "duration" => "nanoseconds".to_owned(),
            "time" => "nanoseconds since 1970, UTC".to_owned(),
            "char" => "a Unicode scalar value".to_owned(),
            "path" => "a path of the file system".to_owned(),
            "uuid" => "a UUID".to_owned(),
            "url" => "an absolute URL".to_owned(),
            "set" => {
                let what = meaning(inner).map(|meaning| format!(": {meaning}")).unwrap_or_default();
                format!("no value occurs twice{what}")
            }
            other => format!("a `{other}`"),
        }),
        _ => None,
    }
}
