//! The handles in what a library passes to the clients of a server, and in what they pass to it.
//!
//! They are found by the types that the descriptor has. Which types can hold one at all is known before anything is passed: what
//! cannot is not looked at. [`ffihost_ipc::HandleRef`] says what becomes of those that are found in what the library passes. Those
//! that a client passes it has to have: another is refused, as the library refuses a number of no handle. What a client passes
//! is read by the reader that the library reads it with, so that both find the same.

use super::Functions;
use crate::DecodeError;
use crate::status::Status;
use crate::sync::Mutex;
use crate::wire::cbor::Reader;
use ffihost_ipc::{ClientHandles, HandleRef};
use ffihost_schema::{Field, Library, Payload, Type};
use std::collections::HashMap;
use std::sync::Arc;

/// The types of a library that can hold handles.
pub(super) struct Types {
    /// By the handle's name: what releases it.
    handles: HashMap<String, usize>,
    /// Structs, and enums by their variants.
    holding: HashMap<String, Holding>,
    functions: Arc<dyn Functions>,
    /// The open calls whose answers can hold handles.
    calls: Mutex<HashMap<u64, Arc<Handles>>>,
}

enum Holding {
    Struct(Vec<Field>),
    Enum(HashMap<String, Payload>),
}

/// What is done with a handle that is found: its type's name, and itself.
type Each<'a> = &'a mut dyn FnMut(&str, HandleRef) -> Result<(), DecodeError>;

/// A payload that can hold handles.
pub(super) struct Handles {
    types: Arc<Types>,
    what: What,
}

enum What {
    /// A result, or a declared error.
    Outcome(Type, Option<Type>),
    Arguments(Vec<Field>),
}

impl Types {
    pub(super) fn new(surface: &Library, functions: Arc<dyn Functions>) -> Self {
        let methods = functions.methods();
        let handle = |(at, (_, handle)): (usize, (_, Option<&str>))| Some((handle?.to_owned(), at));
        let handles = methods.into_iter().enumerate().filter_map(handle).collect();
        let mut types = Self { handles, holding: HashMap::new(), functions, calls: Mutex::default() };
        // A type may hold one that comes later.
        let mut known = usize::MAX;
        while known != types.holding.len() {
            known = types.holding.len();
            for item in &surface.structs {
                if types.any(&item.fields) {
                    types.holding.insert(item.name.clone(), Holding::Struct(item.fields.clone()));
                }
            }
            for item in &surface.enums {
                let variants = item.variants.iter().filter(|variant| match &variant.payload {
                    Payload::Unit => false,
                    Payload::One(ty) => types.hold(ty),
                    Payload::Fields(fields) => types.any(fields),
                });
                let variants: HashMap<_, _> =
                    variants.map(|variant| (variant.name.clone(), variant.payload.clone())).collect();
                if !variants.is_empty() {
                    types.holding.insert(item.name.clone(), Holding::Enum(variants));
                }
            }
        }
        types
    }

    /// Whether a value of this type can hold a handle.
    fn hold(&self, ty: &Type) -> bool {
        match ty {
            Type::Option(ty) | Type::List(ty) | Type::Map(ty) | Type::As(_, ty) => self.hold(ty),
            Type::Named(name) => self.holding.contains_key(name),
            Type::Handle(name) => self.handles.contains_key(name),
            _ => false,
        }
    }

    fn any(&self, fields: &[Field]) -> bool {
        fields.iter().any(|field| self.hold(&field.ty))
    }

    /// How a request ends; none if that cannot hold a handle.
    pub(super) fn outcome(self: &Arc<Self>, result: &Type, error: Option<&Type>) -> Option<Arc<Handles>> {
        let holds = self.hold(result) || error.is_some_and(|error| self.hold(error));
        holds.then(|| self.handles(What::Outcome(result.clone(), error.cloned())))
    }

    /// The arguments of an event or of a call; none if they cannot hold a handle.
    pub(super) fn arguments(self: &Arc<Self>, params: &[Field]) -> Option<Arc<Handles>> {
        self.any(params).then(|| self.handles(What::Arguments(params.to_vec())))
    }

    fn handles(self: &Arc<Self>, what: What) -> Arc<Handles> {
        Arc::new(Handles { types: Arc::clone(self), what })
    }

    /// What a call is answered with, if that can hold handles: once.
    pub(super) fn answer_to(&self, call: u64) -> Option<Arc<Handles>> {
        self.calls.lock().remove(&call)
    }

    fn find(&self, ty: &Type, reader: &mut Reader<'_>, each: Each<'_>) -> Result<(), DecodeError> {
        match ty {
            _ if !self.hold(ty) => Ok(reader.skip()?),
            Type::As(_, ty) => self.find(ty, reader, each),
            Type::Option(ty) => reader.optional(|reader| self.find(ty, reader, each)).map(drop),
            Type::List(ty) => reader.values(|reader| self.find(ty, reader, each)),
            Type::Map(ty) => reader.deeper(|reader| reader.map(|_, reader| self.find(ty, reader, each))),
            Type::Named(name) => match &self.holding[name] {
                Holding::Struct(fields) => self.find_in(fields, reader, each),
                Holding::Enum(variants) => reader.variant(|name, reader| match (variants.get(name), reader) {
                    (Some(Payload::One(ty)), Some(reader)) => self.find(ty, reader, each),
                    (Some(Payload::Fields(fields)), Some(reader)) => self.find_in(fields, reader, each),
                    (_, Some(reader)) => Ok(reader.skip()?),
                    (_, None) => Ok(()),
                }),
            },
            Type::Handle(name) => {
                // 0 stands for one that could not be given.
                match reader.unsigned()? {
                    0 => Ok(()),
                    number => each(name, HandleRef { kind: self.handles[name], number }),
                }
            }
            _ => Ok(reader.skip()?),
        }
    }

    fn find_in(&self, fields: &[Field], reader: &mut Reader<'_>, each: Each<'_>) -> Result<(), DecodeError> {
        reader.map(|key, reader| match fields.iter().find(|field| field.name == key) {
            Some(field) => self.find(&field.ty, reader, each).map_err(|error| error.at(key)),
            None => Ok(reader.skip()?),
        })
    }
}

impl Handles {
    fn find(&self, ret: i32, payload: &[u8], each: Each<'_>) -> Result<(), DecodeError> {
        let mut reader = Reader::new(payload, payload.len());
        match &self.what {
            What::Outcome(result, _) if ret == Status::Ok.code() => self.types.find(result, &mut reader, each),
            What::Outcome(_, Some(error)) if ret == Status::Err.code() => self.types.find(error, &mut reader, each),
            What::Outcome(..) => Ok(()),
            // No arguments, to a library.
            What::Arguments(_) if payload.is_empty() => Ok(()),
            What::Arguments(params) => self.types.find_in(params, &mut reader, each),
        }
    }

    fn found(&self, ret: i32, payload: &[u8]) -> Vec<HandleRef> {
        let mut found = Vec::new();
        let read = self.find(ret, payload, &mut |_, handle| {
            found.push(handle);
            Ok(())
        });
        if let Err(error) = read {
            tracing::error!(%error, "the library passed something else than its descriptor says: its handles are not found");
        }
        found
    }

    /// Whether a client has all handles that it passes. What is no payload of this type is refused too.
    pub(super) fn check(&self, ret: i32, payload: &[u8], client: ClientHandles<'_>) -> Result<(), DecodeError> {
        self.find(ret, payload, &mut |name, handle| match client.has(handle) {
            true => Ok(()),
            false => Err(DecodeError::new(format_args!("{} is no live `{name}`", handle.number))),
        })
    }

    /// A call is about to be made whose answer is such a payload.
    pub(super) fn expect(self: &Arc<Self>, call: u64) {
        self.types.calls.lock().insert(call, Arc::clone(self));
    }

    /// The answer is no longer wanted.
    pub(super) fn forget(&self, call: u64) {
        self.types.calls.lock().remove(&call);
    }
}

/// Passes a payload on by `send`, with the handles in it, and releases them if that says that it is not sent.
pub(super) fn pass(lends: Option<&Handles>, ret: i32, payload: &[u8], send: impl FnOnce(&[HandleRef]) -> bool) {
    let found = lends.map_or_else(Vec::new, |lends| lends.found(ret, payload));
    if !send(&found)
        && let Some(lends) = lends
    {
        found.into_iter().for_each(|handle| release(&*lends.types.functions, handle));
    }
}

/// Releases a handle that nobody has.
pub(super) fn release(functions: &dyn Functions, handle: HandleRef) {
    // A context that has ended has let go of all.
    let _gone_with_its_context = functions.release(handle.kind, handle.number);
}
