//! What a library has, with whose each is and how it runs.

use super::contract::Contract;
use super::docs::Docs;
use super::ownership::Release;
use ffihost_schema::{self as schema, Formats, Layout, Receiver, Status, Type, Value};

/// A parameter or a field.
#[derive(Clone, Debug)]
pub(crate) struct Field<'a> {
    pub(crate) name: &'a str,
    pub(crate) docs: Docs,
    pub(crate) ty: &'a Type,
}

/// What a call ends with: its result, or the error that it declares.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Outcome<'a> {
    /// The status that comes with it: `Ok` or `Err`.
    pub(crate) status: Status,
    pub(crate) ty: &'a Type,
}

/// Makes a context.
pub(crate) struct Constructor<'a> {
    pub(crate) docs: Docs,
    pub(crate) params: Vec<Field<'a>>,
    pub(crate) error: Option<&'a Type>,
    pub(crate) formats: Formats,
    pub(crate) contract: Contract,
}

/// What a host can ask.
pub(crate) struct Request<'a> {
    pub(crate) name: &'a str,
    /// The class that it is a member of: a handle, or `None` for the library itself or the context.
    pub(crate) class: Option<&'a str>,
    /// Its name in that class.
    pub(crate) member: &'a str,
    /// Whether it makes an object of that class.
    pub(crate) is_constructor: bool,
    pub(crate) docs: Docs,
    pub(crate) owner: Owner<'a>,
    pub(crate) form: Form,
    /// Without the handle that owns it.
    pub(crate) params: Vec<Field<'a>>,
    pub(crate) result: &'a Type,
    pub(crate) error: Option<&'a Type>,
    pub(crate) formats: Formats,
    pub(crate) contract: Contract,
}

/// Whose a request is.
#[derive(Clone, Debug)]
pub(crate) enum Owner<'a> {
    /// Nobody's: it needs no context.
    Nobody,
    Context,
    Handle {
        name: &'a str,
        /// The parameter that takes the handle, which comes first.
        param: &'a str,
    },
}

/// How a request runs, or how a host function is answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    /// It ends later, and its caller awaits it.
    Asynchronous,
    /// It has ended when the call returns, and has called back before.
    Synchronous,
    /// It has ended when the call returns, which returns the status; its result is where the caller said.
    Direct,
}

/// A live object that hosts know by a number.
pub(crate) struct Handle<'a> {
    pub(crate) name: &'a str,
    pub(crate) docs: Docs,
    pub(crate) release: Release,
}

/// What the library asks of its host.
pub(crate) struct HostFn<'a> {
    pub(crate) name: &'a str,
    pub(crate) docs: Docs,
    pub(crate) form: Form,
    pub(crate) params: Vec<Field<'a>>,
    /// Of the parameters as one struct, by which it is passed.
    pub(crate) layout: &'a Layout,
    pub(crate) result: &'a Type,
    pub(crate) error: Option<&'a Type>,
    pub(crate) contract: Contract,
}

/// Host functions that a host implements at once.
pub(crate) struct Group<'a> {
    pub(crate) name: &'a str,
    pub(crate) methods: Vec<Method<'a>>,
}

/// A host function of a group.
pub(crate) struct Method<'a> {
    /// What it is called in the group.
    pub(crate) name: &'a str,
    pub(crate) host_fn: HostFn<'a>,
}

/// What the library tells whoever listens.
pub(crate) struct Event<'a> {
    pub(crate) name: &'a str,
    pub(crate) docs: Docs,
    pub(crate) params: Vec<Field<'a>>,
    /// Of the parameters as one struct, by which it is passed.
    pub(crate) layout: &'a Layout,
    pub(crate) contract: Contract,
}

/// A value that each binding has a copy of.
pub(crate) struct Constant<'a> {
    pub(crate) name: &'a str,
    /// The handle that it is of, and its name there.
    pub(crate) class: Option<&'a str>,
    pub(crate) member: &'a str,
    pub(crate) docs: Docs,
    pub(crate) ty: &'a Type,
    pub(crate) value: &'a Value,
}

impl<'a> Constructor<'a> {
    pub(super) fn new(item: &'a schema::Constructor) -> Self {
        Self {
            docs: Docs::of(&item.docs),
            params: Field::all(&item.params),
            error: item.error.as_ref(),
            formats: item.formats,
            contract: Contract::of_constructor(),
        }
    }

    pub(crate) fn outcomes(&self) -> Vec<Outcome<'a>> {
        outcomes(None, self.error)
    }
}

impl<'a> Request<'a> {
    pub(super) fn new(item: &'a schema::Request) -> Self {
        let owner = match &item.receiver {
            Receiver::Free => Owner::Nobody,
            Receiver::Context => Owner::Context,
            Receiver::Handle(name) => Owner::Handle { name, param: &item.receiver_name },
        };
        // Which requests are direct, the library says: it is built that way.
        let form = if item.direct { Form::Direct } else { form(item.asynchronous) };
        Self {
            name: &item.name,
            class: item.of.as_deref().or(owner.handle()),
            member: item.member(),
            is_constructor: item.is_constructor(),
            docs: Docs::of(&item.docs),
            form,
            params: Field::all(&item.params),
            result: &item.result,
            error: item.error.as_ref(),
            formats: item.formats,
            contract: Contract::of_request(form, &owner),
            owner,
        }
    }

    pub(crate) fn outcomes(&self) -> Vec<Outcome<'a>> {
        outcomes(Some(self.result), self.error)
    }

    /// Whether it is called on an object of its class, or on the context.
    pub(crate) fn is_method(&self) -> bool {
        match self.owner {
            Owner::Nobody => false,
            Owner::Context => self.class.is_none(),
            Owner::Handle { .. } => true,
        }
    }

    pub(crate) fn is_asynchronous(&self) -> bool {
        self.form == Form::Asynchronous
    }

    pub(crate) fn is_direct(&self) -> bool {
        self.form == Form::Direct
    }
}

impl<'a> Owner<'a> {
    pub(crate) fn needs_context(&self) -> bool {
        !matches!(self, Self::Nobody)
    }

    /// The parameter that takes the handle.
    pub(crate) fn param(&self) -> Option<&str> {
        match self {
            Self::Handle { param, .. } => Some(param),
            Self::Nobody | Self::Context => None,
        }
    }

    /// The handle that owns it.
    pub(crate) fn handle(&self) -> Option<&'a str> {
        match self {
            Self::Handle { name, .. } => Some(name),
            Self::Nobody | Self::Context => None,
        }
    }
}

impl<'a> Handle<'a> {
    pub(super) fn new(library: &str, item: &'a schema::Handle) -> Self {
        Self { name: &item.name, docs: Docs::of(&item.docs), release: Release::of(library, &item.name) }
    }
}

impl<'a> HostFn<'a> {
    pub(super) fn new(item: &'a schema::HostFn) -> Self {
        let form = form(item.asynchronous);
        Self {
            name: &item.name,
            docs: Docs::of(&item.docs),
            form,
            params: Field::all(&item.params),
            layout: &item.layout,
            result: &item.result,
            error: item.error.as_ref(),
            contract: Contract::of_host_fn(form, &item.params),
        }
    }

    pub(crate) fn outcomes(&self) -> Vec<Outcome<'a>> {
        outcomes(Some(self.result), self.error)
    }
}

impl<'a> Group<'a> {
    /// The groups, in the order of their first functions.
    pub(super) fn all(items: &'a [schema::HostFn]) -> Vec<Self> {
        let mut groups: Vec<Self> = Vec::new();
        for item in items {
            let Some(member) = &item.member else { continue };
            let method = Method { name: &member.method, host_fn: HostFn::new(item) };
            match groups.iter_mut().find(|group| group.name == member.group) {
                Some(group) => group.methods.push(method),
                None => groups.push(Self { name: &member.group, methods: vec![method] }),
            }
        }
        groups
    }
}

impl<'a> Event<'a> {
    pub(super) fn new(item: &'a schema::Event) -> Self {
        Self {
            name: &item.name,
            docs: Docs::of(&item.docs),
            params: Field::all(&item.params),
            layout: &item.layout,
            contract: Contract::of_event(&item.params),
        }
    }

    /// What takes a listener to it is called: `on_fired`, whether the event is `fired` or `on_fired`.
    pub(crate) fn handler(&self) -> String {
        if self.name.starts_with("on_") { self.name.to_owned() } else { format!("on_{}", self.name) }
    }
}

impl<'a> Constant<'a> {
    pub(super) fn new(item: &'a schema::Constant) -> Self {
        Self {
            name: &item.name,
            class: item.of.as_deref(),
            member: item.member(),
            docs: Docs::of(&item.docs),
            ty: &item.ty,
            value: &item.value,
        }
    }
}

fn form(asynchronous: bool) -> Form {
    if asynchronous { Form::Asynchronous } else { Form::Synchronous }
}

impl<'a> Field<'a> {
    pub(super) fn all(fields: &'a [schema::Field]) -> Vec<Self> {
        let one = |field: &'a schema::Field| Self { name: &field.name, docs: Docs::of(&field.docs), ty: &field.ty };
        fields.iter().map(one).collect()
    }
}

fn outcomes<'a>(result: Option<&'a Type>, error: Option<&'a Type>) -> Vec<Outcome<'a>> {
    let result = result.map(|ty| Outcome { status: Status::Ok, ty });
    result.into_iter().chain(error.map(|ty| Outcome { status: Status::Err, ty })).collect()
}
