//! Whether a library's items go together.

use super::ReadError;
use super::hashes::Items;
use super::model::*;
use serde::{Serialize, Serializer};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::ops::Deref;

/// A library whose items go together. Only checking gives one, so whoever takes one need not check again.
///
/// No two items of a kind have one name; every type that is used is defined; no type contains itself without a list or a map
/// in between; every constant has a value of its type.
#[derive(Clone, Debug)]
pub struct Checked {
    library: Library,
    /// Empty if the library was not read from a descriptor.
    items: Items,
}

impl Checked {
    /// Checks a library.
    ///
    /// # Errors
    ///
    /// With the first thing that is wrong: where it is, and what helps.
    pub fn new(library: Library) -> Result<Self, ReadError> {
        check(&library)?;
        Ok(Self { library, items: Items::default() })
    }

    /// The library itself, which can be changed, and has to be checked again then.
    pub fn into_library(self) -> Library {
        self.library
    }

    /// Writes the library in another way, and checks it again. The hashes of the items stay those of the descriptor.
    ///
    /// # Errors
    ///
    /// Those of [`new`](Self::new).
    pub fn changed(self, change: impl FnOnce(&mut Library)) -> Result<Self, ReadError> {
        let Self { mut library, items } = self;
        change(&mut library);
        Ok(Self::new(library)?.with_items(items))
    }

    pub(super) fn with_items(self, items: Items) -> Self {
        Self { items, ..self }
    }

    /// The hash of an item, by its kind and name as [`diff`](super::diff) has them: "request `login`", "host function `store`",
    /// "constructor". It changes when and only when the item does, or a type that it reaches.
    ///
    /// None if there is no such item, or if the library was not read from a descriptor.
    pub fn item_hash(&self, item: &str) -> Option<u64> {
        self.items.hash(item)
    }

    /// The hash of every item, as [`item_hash`](Self::item_hash) has it.
    pub fn item_hashes(&self) -> BTreeMap<&str, u64> {
        self.items.keys().filter_map(|item| Some((item.as_str(), self.item_hash(item)?))).collect()
    }
}

/// The same library, wherever it was read.
impl PartialEq for Checked {
    fn eq(&self, other: &Self) -> bool {
        self.library == other.library
    }
}

/// The library, and the hashes of its items.
impl Serialize for Checked {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        struct Shown<'a> {
            #[serde(flatten)]
            library: &'a Library,
            item_hashes: BTreeMap<&'a str, String>,
        }
        let hashes = self.item_hashes().into_iter().map(|(item, hash)| (item, format!("{hash:#018x}")));
        Shown { library: &self.library, item_hashes: hashes.collect() }.serialize(serializer)
    }
}

impl Deref for Checked {
    type Target = Library;

    fn deref(&self) -> &Library {
        &self.library
    }
}

impl TryFrom<Library> for Checked {
    type Error = ReadError;

    fn try_from(library: Library) -> Result<Self, ReadError> {
        Self::new(library)
    }
}

/// What a name in a type stands for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind<'a> {
    Value,
    Handle,
    /// With what it holds.
    Newtype(&'a Type),
}

type Kinds<'a> = BTreeMap<&'a str, Kind<'a>>;

/// No two of one name, no reference to nothing, no type of infinite size, no value of another type.
fn check(library: &Library) -> Result<(), ReadError> {
    let kinds = types(library)?;
    unique("request", library.requests.iter().map(|item| &item.name))?;
    unique("host function", library.host_fns.iter().map(|item| &item.name))?;
    let members = library.host_fns.iter().filter_map(|item| item.member.as_ref());
    let members: Vec<_> = members.map(|member| format!("{}::{}", member.group, member.method)).collect();
    unique("host function", members.iter())?;
    unique("event", library.events.iter().map(|item| &item.name))?;
    unique("constant", library.constants.iter().map(|item| &item.name))?;
    for (place, ty) in uses(library)? {
        resolves(place, ty, &kinds)?;
    }
    for request in &library.requests {
        if let Receiver::Handle(name) = &request.receiver {
            let place = Place::new("request", &request.name).part("receiver");
            resolves_to(place, name, Kind::Handle, "handle", &kinds)?;
        }
    }
    of_handles(library, &kinds)?;
    if let Some(constant) = library.constants.iter().find(|item| !item.ty.has(&item.value)) {
        return Err(ReadError::Value { name: constant.name.clone() });
    }
    finite(library)?;
    direct(library)
}

/// Requests are direct only if they return their result without a callback: there are no pointers in it, or it is text or bytes
/// as a whole.
fn direct(library: &Library) -> Result<(), ReadError> {
    let pointing = pointing(library);
    let can_be_direct = |item: &Request| {
        let is_owned = matches!(item.result, Type::String | Type::Bytes);
        !item.asynchronous && item.formats.native && (is_owned || !points(&item.result, &pointing))
    };
    match library.requests.iter().find(|item| item.direct && !can_be_direct(item)) {
        Some(request) => Err(ReadError::Direct { name: request.name.clone() }),
        None => Ok(()),
    }
}

/// The structs and enums whose C types have pointers in them: those with such a field, those that hold these, and so on.
fn pointing(library: &Library) -> BTreeSet<&str> {
    let mut held_by: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    let (mut found, mut pointing) = (Vec::new(), BTreeSet::new());
    for (holder, ty) in held(library) {
        match by_value(ty) {
            Some(inner) => held_by.entry(inner).or_default().push(holder),
            None if points(ty, &pointing) => found.push(holder),
            None => {}
        }
    }
    while let Some(name) = found.pop() {
        if pointing.insert(name) {
            found.extend(held_by.get(name).into_iter().flatten());
        }
    }
    pointing
}

fn points(ty: &Type, pointing: &BTreeSet<&str>) -> bool {
    match ty {
        Type::String | Type::Bytes | Type::List(_) | Type::Map(_) => true,
        Type::Option(inner) | Type::As(_, inner) => points(inner, pointing),
        Type::Named(name) => pointing.contains(name.as_str()),
        _ => false,
    }
}

/// What is of a handle has a name that starts with the handle's, and no receiver but that or the context.
fn of_handles(library: &Library, kinds: &Kinds<'_>) -> Result<(), ReadError> {
    for item in &library.requests {
        let Some(of) = &item.of else { continue };
        let place = Place::new("request", &item.name);
        resolves_to(place.part("the handle that it is of"), of, Kind::Handle, "handle", kinds)?;
        let is_other = matches!(&item.receiver, Receiver::Handle(name) if name != of);
        if is_other || item.member() == item.name || item.member().is_empty() {
            return Err(ReadError::Member { path: place.to_string(), of: of.clone() });
        }
    }
    for item in &library.constants {
        let Some(of) = &item.of else { continue };
        let place = Place::new("constant", &item.name);
        resolves_to(place.part("the handle that it is of"), of, Kind::Handle, "handle", kinds)?;
        if item.member() == item.name || item.member().is_empty() {
            return Err(ReadError::Member { path: place.to_string(), of: of.clone() });
        }
    }
    Ok(())
}

/// Structs, enums, newtypes and handles share their names.
fn types(library: &Library) -> Result<Kinds<'_>, ReadError> {
    let structs = library.structs.iter().map(|item| (&item.name, Kind::Value));
    let enums = library.enums.iter().map(|item| (&item.name, Kind::Value));
    let handles = library.handles.iter().map(|item| (&item.name, Kind::Handle));
    let newtypes = library.newtypes.iter().map(|item| (&item.name, Kind::Newtype(&item.ty)));
    let mut kinds = Kinds::new();
    for (name, kind) in structs.chain(enums).chain(handles).chain(newtypes) {
        if kinds.insert(name.as_str(), kind).is_some() {
            return Err(ReadError::Duplicate { path: format!("type `{name}`") });
        }
    }
    Ok(kinds)
}

fn unique<'a>(what: &str, names: impl Iterator<Item = &'a String>) -> Result<(), ReadError> {
    let mut seen = BTreeSet::new();
    for name in names {
        if !seen.insert(name) {
            return Err(ReadError::Duplicate { path: format!("{what} `{name}`") });
        }
    }
    Ok(())
}

/// Where a type is used. It becomes text only in a message.
#[derive(Clone, Copy)]
struct Place<'a> {
    kind: &'static str,
    name: &'a str,
    /// Within an enum.
    variant: Option<&'a str>,
    /// "parameter", "field", "result" and the like.
    part: &'static str,
    /// Of a parameter or field.
    part_name: Option<&'a str>,
}

impl fmt::Display for Place<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} `{}`", self.kind, self.name)?;
        if let Some(variant) = self.variant {
            write!(f, ", variant `{variant}`")?;
        }
        if !self.part.is_empty() {
            write!(f, ", {}", self.part)?;
        }
        self.part_name.map_or(Ok(()), |name| write!(f, " `{name}`"))
    }
}

impl<'a> Place<'a> {
    fn new(kind: &'static str, name: &'a str) -> Self {
        Self { kind, name, variant: None, part: "", part_name: None }
    }

    fn part(self, part: &'static str) -> Self {
        Self { part, ..self }
    }
}

type Uses<'a> = Vec<(Place<'a>, &'a Type)>;

/// Every place that has a type. Names within an item are checked on the way.
fn uses(library: &Library) -> Result<Uses<'_>, ReadError> {
    let mut uses = Uses::new();
    for item in &library.structs {
        fields(Place::new("struct", &item.name).part("field"), &item.fields, &mut uses)?;
    }
    for item in &library.enums {
        let place = Place::new("enum", &item.name);
        unique(&format!("{place}, variant"), item.variants.iter().map(|variant| &variant.name))?;
        for Variant { name, payload, .. } in &item.variants {
            let place = Place { variant: Some(name), ..place };
            match payload {
                Payload::Unit => {}
                Payload::One(ty) => uses.push((place, ty)),
                Payload::Fields(list) => fields(place.part("field"), list, &mut uses)?,
            }
        }
    }
    uses.extend(library.newtypes.iter().map(|item| (Place::new("newtype", &item.name), &item.ty)));
    let constructor = &library.constructor;
    function(Place::new("constructor", "create"), &constructor.params, None, constructor.error.as_ref(), &mut uses)?;
    for item in &library.requests {
        let place = Place::new("request", &item.name);
        function(place, &item.params, Some(&item.result), item.error.as_ref(), &mut uses)?;
    }
    for item in &library.host_fns {
        let place = Place::new("host function", &item.name);
        function(place, &item.params, Some(&item.result), item.error.as_ref(), &mut uses)?;
    }
    for item in &library.events {
        function(Place::new("event", &item.name), &item.params, None, None, &mut uses)?;
    }
    Ok(uses)
}

fn function<'a>(
    place: Place<'a>,
    params: &'a [Field],
    result: Option<&'a Type>,
    error: Option<&'a Type>,
    uses: &mut Uses<'a>,
) -> Result<(), ReadError> {
    fields(place.part("parameter"), params, uses)?;
    uses.extend(result.map(|ty| (place.part("result"), ty)));
    uses.extend(error.map(|ty| (place.part("error"), ty)));
    Ok(())
}

fn fields<'a>(place: Place<'a>, fields: &'a [Field], uses: &mut Uses<'a>) -> Result<(), ReadError> {
    unique(&place.to_string(), fields.iter().map(|field| &field.name))?;
    uses.extend(fields.iter().map(|field| (Place { part_name: Some(&field.name), ..place }, &field.ty)));
    Ok(())
}

fn resolves(place: Place<'_>, ty: &Type, kinds: &Kinds<'_>) -> Result<(), ReadError> {
    let (name, kind, expected) = match ty {
        Type::As(Logic::Newtype(name), inner) => {
            resolves_to(place, name, Kind::Newtype(inner), "newtype that holds this", kinds)?;
            return resolves(place, inner, kinds);
        }
        Type::Option(inner) | Type::List(inner) | Type::Map(inner) | Type::As(_, inner) => {
            return resolves(place, inner, kinds);
        }
        Type::Named(name) => (name, Kind::Value, "struct or enum"),
        Type::Handle(name) => (name, Kind::Handle, "handle"),
        _ => return Ok(()),
    };
    resolves_to(place, name, kind, expected, kinds)
}

fn resolves_to(
    place: Place<'_>,
    name: &str,
    kind: Kind<'_>,
    expected: &'static str,
    kinds: &Kinds<'_>,
) -> Result<(), ReadError> {
    if kinds.get(name) == Some(&kind) {
        Ok(())
    } else {
        Err(ReadError::Unresolved { path: place.to_string(), name: name.to_owned(), expected })
    }
}

/// Types are taken away that hold none, then those that hold only such, and so on: what is left holds itself.
fn finite(library: &Library) -> Result<(), ReadError> {
    let mut holds: BTreeMap<&str, usize> = BTreeMap::new();
    let mut held_by: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for (holder, ty) in held(library) {
        let count = holds.entry(holder).or_default();
        if let Some(inner) = by_value(ty) {
            *count += 1;
            held_by.entry(inner).or_default().push(holder);
        }
    }
    let mut done: Vec<&str> = held_by.keys().copied().filter(|name| holds.get(name).is_none_or(|n| *n == 0)).collect();
    while let Some(name) = done.pop() {
        for holder in held_by.remove(name).unwrap_or_default() {
            if let Some(count) = holds.get_mut(holder) {
                *count -= 1;
                if *count == 0 {
                    done.push(holder);
                }
            }
        }
    }
    match holds.into_iter().find(|(_, count)| *count > 0) {
        Some((name, _)) => Err(ReadError::Infinite { name: name.to_owned() }),
        None => Ok(()),
    }
}

/// Each type with the types of its fields.
fn held(library: &Library) -> impl Iterator<Item = (&str, &Type)> {
    let structs =
        library.structs.iter().flat_map(|item| item.fields.iter().map(|field| (item.name.as_str(), &field.ty)));
    let enums = library.enums.iter().flat_map(|item| {
        let types = item.variants.iter().flat_map(|variant| variant.payload.types());
        types.map(|ty| (item.name.as_str(), ty))
    });
    structs.chain(enums)
}

/// The struct or enum that a value of the type has inside, not behind a pointer.
fn by_value(ty: &Type) -> Option<&str> {
    match ty {
        Type::Option(inner) | Type::As(_, inner) => by_value(inner),
        Type::Named(name) => Some(name),
        _ => None,
    }
}
