//! What has to be defined for the native format, where every option, list and map is a struct of its own: each once, and
//! in an order in which a compiler takes them.

use super::Model;
use super::docs::Docs;
use super::items::Field;
use super::types::{Enum, Passing, Payload, Record};
use crate::Error;
use ffihost_schema::{Layout, Type};
use std::collections::{HashMap, HashSet};
use std::fmt;

/// Everything that has to be defined.
pub(crate) struct Definitions<'m> {
    /// In the order in which it was found.
    pub(crate) all: Vec<Defined<'m>>,
    /// The same by place, each after what it contains.
    pub(crate) order: Vec<usize>,
}

/// A struct of the native format.
pub(crate) enum Defined<'m> {
    /// An option, list, map, or entry of a map; apart from the map, which only points to entries, with what is in it.
    Option(&'m Type, &'m Type),
    List(&'m Type, &'m Type),
    Map(&'m Type),
    Entry(&'m Type, &'m Type),
    Record(&'m Record<'m>),
    Tagged(&'m Enum<'m>),
    Arguments(Arguments<'m>),
}

/// The parameters of a host function or of an event as one struct.
#[derive(Clone, Copy)]
pub(crate) struct Arguments<'m> {
    /// "host function" or "event".
    pub(crate) kind: &'static str,
    pub(crate) name: &'m str,
    pub(crate) fields: &'m [Field<'m>],
    pub(crate) layout: &'m Layout,
}

/// What it is, for errors.
impl fmt::Display for Defined<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Option(ty, _) | Self::List(ty, _) | Self::Map(ty) => write!(f, "the type `{ty}`"),
            Self::Entry(ty, _) => write!(f, "an entry of the type `{ty}`"),
            Self::Record(record) => write!(f, "the struct `{}`", record.name),
            Self::Tagged(item) => write!(f, "the enum `{}`", item.name),
            Self::Arguments(item) => write!(f, "the arguments of the {} `{}`", item.kind, item.name),
        }
    }
}

impl<'m> Defined<'m> {
    /// What its author says of it, if it is an item.
    pub(crate) fn docs(&self) -> Option<&'m Docs> {
        match self {
            Self::Record(record) => Some(&record.docs),
            Self::Tagged(item) => Some(&item.docs),
            Self::Option(..) | Self::List(..) | Self::Map(_) | Self::Entry(..) | Self::Arguments(_) => None,
        }
    }
}

impl<'m> Definitions<'m> {
    /// Finds them.
    ///
    /// # Errors
    ///
    /// If the native format cannot have one of them: the unit type as a value.
    pub(crate) fn new(model: &'m Model<'_>) -> Result<Self, Error> {
        let mut finder = Finder { found: HashSet::new(), all: Vec::new() };
        for record in &model.types.records {
            finder.define(Defined::Record(record))?;
        }
        for item in model.types.enums.iter().filter(|item| item.layout.is_some()) {
            finder.define(Defined::Tagged(item))?;
        }
        for item in &model.types.newtypes {
            finder.uses(item.ty, &format!("the newtype `{}`", item.name))?;
        }
        finder.surface(model)?;
        let order = order(&finder.all, model);
        Ok(Self { all: finder.all, order })
    }

    /// Those definitions, each after what it contains.
    pub(crate) fn in_order(&self) -> impl Iterator<Item = &Defined<'m>> {
        self.order.iter().map(|at| &self.all[*at])
    }
}

struct Finder<'m> {
    /// What is put together from other types, and was met already.
    found: HashSet<&'m Type>,
    all: Vec<Defined<'m>>,
}

impl<'m> Finder<'m> {
    /// What the constructor, requests, host functions and events use.
    fn surface(&mut self, model: &'m Model<'_>) -> Result<(), Error> {
        self.fields(&model.constructor.params, "the constructor's parameter")?;
        self.ends("the constructor", None, model.constructor.error)?;
        for item in &model.requests {
            let place = format!("the request `{}`", item.name);
            self.fields(&item.params, &format!("{place}'s parameter"))?;
            self.ends(&place, Some(item.result), item.error)?;
        }
        for item in &model.host_fns {
            self.arguments(Arguments {
                kind: "host function",
                name: item.name,
                fields: &item.params,
                layout: item.layout,
            })?;
            self.ends(&format!("the host function `{}`", item.name), Some(item.result), item.error)?;
        }
        for item in &model.events {
            self.arguments(Arguments { kind: "event", name: item.name, fields: &item.params, layout: item.layout })?;
        }
        Ok(())
    }

    fn arguments(&mut self, arguments: Arguments<'m>) -> Result<(), Error> {
        if arguments.fields.is_empty() { Ok(()) } else { self.define(Defined::Arguments(arguments)) }
    }

    /// Defines a struct after what its parts are put together from.
    fn define(&mut self, defined: Defined<'m>) -> Result<(), Error> {
        match &defined {
            Defined::Record(Record { fields, .. }) => self.fields(fields, &format!("{defined}'s field"))?,
            Defined::Arguments(item) => self.fields(item.fields, &format!("{defined}'s field"))?,
            Defined::Tagged(item) => {
                for variant in &item.variants {
                    let place = format!("{defined}'s variant `{}`", variant.name);
                    match &variant.payload {
                        Payload::Nothing => {}
                        Payload::One(ty) => self.uses(ty, &place)?,
                        Payload::Fields(fields) => self.fields(fields, &format!("{place}'s field"))?,
                    }
                }
            }
            Defined::Option(..) | Defined::List(..) | Defined::Map(..) | Defined::Entry(..) => {}
        }
        self.all.push(defined);
        Ok(())
    }

    fn fields(&mut self, fields: &'m [Field<'m>], place: &str) -> Result<(), Error> {
        fields.iter().try_for_each(|field| self.uses(field.ty, &format!("{place} `{}`", field.name)))
    }

    fn ends(&mut self, place: &str, result: Option<&'m Type>, error: Option<&'m Type>) -> Result<(), Error> {
        let ends = [("result", result), ("error", error)];
        let values = ends.into_iter().filter_map(|(end, ty)| ty.filter(|ty| **ty != Type::Unit).map(|ty| (end, ty)));
        values.into_iter().try_for_each(|(end, ty)| self.uses(ty, &format!("{place}'s {end}")))
    }

    /// Defines what a type is put together from, once.
    fn uses(&mut self, ty: &'m Type, place: &str) -> Result<(), Error> {
        let inner = match ty {
            Type::Unit => return Err(Error::Unit { place: place.to_owned() }),
            Type::As(_, inner) => return self.uses(inner, place),
            Type::Option(inner) | Type::List(inner) | Type::Map(inner) => &**inner,
            _ => return Ok(()),
        };
        self.uses(inner, place)?;
        if self.found.insert(ty) {
            match ty {
                Type::Option(_) => self.all.push(Defined::Option(ty, inner)),
                Type::List(_) => self.all.push(Defined::List(ty, inner)),
                _ => self.all.extend([Defined::Entry(ty, inner), Defined::Map(ty)]),
            }
        }
        Ok(())
    }
}

/// Each after what it contains, which comes to an end in a checked library.
fn order(all: &[Defined<'_>], model: &Model<'_>) -> Vec<usize> {
    let named = |name: &str| Type::Named(name.to_owned());
    let type_of = |defined: &Defined<'_>| match defined {
        Defined::Option(ty, _) | Defined::List(ty, _) | Defined::Map(ty) => Some((*ty).clone()),
        Defined::Record(record) => Some(named(record.name)),
        Defined::Tagged(item) => Some(named(item.name)),
        Defined::Entry(..) | Defined::Arguments(_) => None,
    };
    let places = all.iter().enumerate().filter_map(|(at, item)| type_of(item).map(|ty| (ty, at))).collect();
    let mut walk = Walk { all, model, places, met: HashSet::new(), order: Vec::with_capacity(all.len()) };
    (0..all.len()).for_each(|at| walk.visit(at));
    walk.order
}

struct Walk<'w> {
    all: &'w [Defined<'w>],
    model: &'w Model<'w>,
    places: HashMap<Type, usize>,
    met: HashSet<usize>,
    order: Vec<usize>,
}

impl Walk<'_> {
    fn visit(&mut self, at: usize) {
        if !self.met.insert(at) {
            return;
        }
        for ty in self.all[at].parts() {
            let is_struct = matches!(self.model.types.passing(ty), Passing::Pointer | Passing::Slice);
            if let Some(part) = self.places.get(ty.plain()).copied().filter(|_| is_struct) {
                self.visit(part);
            }
        }
        self.order.push(at);
    }
}

impl<'m> Defined<'m> {
    /// The types that it has inside, not behind a pointer.
    fn parts(&self) -> Vec<&'m Type> {
        match self {
            Self::Option(_, inner) | Self::Entry(_, inner) => vec![*inner],
            Self::List(..) | Self::Map(..) => Vec::new(),
            Self::Record(record) => record.fields.iter().map(|field| field.ty).collect(),
            Self::Arguments(item) => item.fields.iter().map(|field| field.ty).collect(),
            Self::Tagged(item) => item.variants.iter().flat_map(|variant| variant.payload.types()).collect(),
        }
    }
}
