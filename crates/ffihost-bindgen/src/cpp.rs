//! The C++ headers: how types, names and calls are spelled in C++, in terms of the C header, which they include. What is
//! written with them is in `cpp/templates`, a file for each construct; `ffihost.hpp` there does not depend on the library.

mod enums;
mod function;
mod names;
mod types;

use self::function::Parameter;
use self::types::{OWN_TYPES, spelled};
use crate::backend::Backend;
use crate::c::{self, C, CALLED, RULES};
use crate::model::Model;
use crate::model::contract::{Answer, Times};
use crate::model::definitions::Definitions;
use crate::model::items::{Constant, Constructor, Field, HostFn, Owner, Request};
use crate::model::logic::OwnTypes;
use crate::model::names::{Helpers, Rules, camel};
use crate::model::ownership::Ownership;
use crate::model::types::{Class as TypeClass, Named, Payload};
use crate::write::comment::table;
use crate::write::filters;
use crate::{Error, File};
use askama::Template;
use ffihost_schema::{Checked, Type, Value};

/// The header, from its main template.
#[derive(Template)]
#[template(path = "cpp/templates/library.hpp", escape = "none")]
struct Header<'m> {
    model: &'m Model<'m>,
    library: &'m Checked,
    constructor: &'m Constructor<'m>,
    named: Vec<Named<'m>>,
    c: &'m C<'m>,
    cpp: Cpp<'m>,
}

/// `<lib>.hpp` and `ffihost.hpp`, with the C header that they include.
pub(crate) struct Bindings;

impl Backend for Bindings {
    fn flags(&self) -> &'static [&'static str] {
        &["cpp", "c++"]
    }

    fn rules(&self) -> Rules {
        RULES
    }

    fn own_types(&self) -> OwnTypes {
        OWN_TYPES
    }

    fn files(&self, model: &Model<'_>) -> Result<Vec<File>, Error> {
        // C has no such types.
        let in_c = c::Bindings.own_types().represent(model.library);
        let in_c = Model::new(&in_c);
        // It also checks everything that both need to hold.
        let mut files = c::Bindings.files(&in_c)?;
        let c = C::new(&in_c, &Definitions::new(&in_c)?)?;
        let cpp = Cpp::new(model, &c)?;
        let (library, constructor) = (model.library, &model.constructor);
        let header = Header { model, library, constructor, named: model.types.in_order(), c: &c, cpp };
        files.push(File { path: format!("{}.hpp", model.library.name), contents: c::render(&header)? });
        let shared = include_str!("cpp/templates/ffihost.hpp").to_owned();
        files.push(File { path: "ffihost.hpp".to_owned(), contents: shared });
        Ok(files)
    }

    fn helpers(&self, model: &Model<'_>) -> Result<Helpers, Error> {
        let in_c = c::Bindings.own_types().represent(model.library);
        let in_c = Model::new(&in_c);
        let c = C::new(&in_c, &Definitions::new(&in_c)?)?;
        Ok(Cpp::new(model, &c)?.helpers)
    }
}

/// How a library is spelled in C++.
struct Cpp<'m> {
    model: &'m Model<'m>,
    c: &'m C<'m>,
    /// The class of the context.
    context: String,
    /// What only these bindings have.
    helpers: Helpers,
}

impl<'m> Cpp<'m> {
    /// The namespace, from anywhere.
    fn namespace(&self) -> String {
        format!("::{}", RULES.identifier(&self.model.library.name))
    }

    /// A type of the library's own, from anywhere.
    fn own(&self, name: &str) -> String {
        format!("{}::{}", self.namespace(), Self::called(name))
    }

    /// The class of the context, from anywhere.
    fn own_context(&self) -> String {
        format!("{}::{}", self.namespace(), self.context)
    }

    /// A type, as it can be written in any namespace and class: no member of theirs hides it.
    fn name(&self, ty: &Type) -> String {
        spelled(ty, &format!("{}::", self.namespace()))
    }

    /// A type of the library's own in C.
    fn c_own(&self, name: &str) -> String {
        format!("::{}", self.c.own(name))
    }

    /// The struct of what a host function or a listener is passed in C.
    fn c_args(&self, item: &str) -> String {
        format!("::{}", self.c.args(item))
    }

    /// A type in C.
    fn c_name(&self, ty: &Type) -> String {
        let ty = &c::Bindings.own_types().plain(ty);
        match self.c.name(ty) {
            name if self.c.is_own(ty) => format!("::{name}"),
            name => name,
        }
    }

    /// What a field without a value of its own starts as: scalars, which would be anything; all else initialises itself.
    fn initial(&self, ty: &Type) -> &'static str {
        if matches!(self.model.types.class(ty), TypeClass::Scalar | TypeClass::Number) { "{}" } else { "" }
    }

    /// A declaration of a parameter of this type, which is only read.
    fn parameter(&self, ty: &Type, name: &str) -> String {
        match (self.model.types.ownership(ty), ty.plain()) {
            (_, Type::String) => format!("std::string_view {name}"),
            (Ownership::Copied, _) => format!("{} {name}", self.name(ty)),
            (Ownership::Borrowed | Ownership::Counted, _) => format!("const {} &{name}", self.name(ty)),
        }
    }

    /// What a host function or a listener is passed, as one type.
    fn tuple(&self, fields: &[Field<'_>]) -> String {
        let types: Vec<_> = fields.iter().map(|field| self.name(field.ty)).collect();
        format!("std::tuple<{}>", types.join(", "))
    }

    /// The type of that in C.
    fn c_arguments(&self, item: &str, fields: &[Field<'_>]) -> String {
        if fields.is_empty() { "void".to_owned() } else { self.c_args(item) }
    }

    fn of_host_fn(&self, item: &HostFn<'_>) -> String {
        self.signature(item.result, item.error)
    }

    fn signature(&self, result: &Type, error: Option<&Type>) -> String {
        let types = [result].into_iter().chain(error).flat_map(|ty| [self.c_name(ty), self.name(ty)]);
        format!("ffihost::detail::Signature<{}>", types.collect::<Vec<_>>().join(", "))
    }

    /// A function of the bindings, from anywhere.
    fn global(&self, role: &str) -> String {
        format!("{}::{}", self.namespace(), self.helpers.get(role, ""))
    }

    /// What host functions and events are passed.
    fn passed(&self) -> Vec<(&'m str, &'m [Field<'m>])> {
        let host_fns = self.model.host_fns.iter().map(|item| (item.name, item.params.as_slice()));
        host_fns.chain(self.model.events.iter().map(|item| (item.name, item.params.as_slice()))).collect()
    }

    /// Whether something that comes before the class of the context takes one.
    fn names_context(&self) -> bool {
        self.model.requests.iter().any(|item| item.owner.needs_context() && !item.is_method())
    }

    /// The requests that are members of the context, of a handle, or of neither.
    fn members(&self, class: &Class<'_>) -> Vec<&'m Request<'m>> {
        self.model.requests.iter().filter(|item| class.has(item)).collect()
    }

    /// Whether some of these requests have a part that takes a callback.
    fn submits(methods: &[&Request<'_>]) -> bool {
        methods.iter().any(|item| !item.is_direct())
    }
}

/// Whose member a request is. One of a handle's that is in CBOR alone is the context's: the map says which handle.
enum Class<'c> {
    None,
    Context,
    Handle(&'c str),
}

impl Class<'_> {
    fn has(&self, item: &Request<'_>) -> bool {
        match (self, &item.owner) {
            (Self::Context, Owner::Handle { .. }) => !item.formats.native,
            (Self::Handle(_), Owner::Handle { .. }) if !item.formats.native => false,
            (Self::Handle(class), _) => item.class == Some(class),
            (Self::Context, Owner::Context) | (Self::None, Owner::Nobody) => item.class.is_none(),
            _ => false,
        }
    }
}

/// What depends on no library.
impl Cpp<'_> {
    /// A field, a parameter or a variant.
    fn identifier(name: &str) -> String {
        RULES.identifier(name)
    }

    /// A function, a method or a type.
    fn called(name: &str) -> String {
        CALLED.identifier(&RULES.identifier(name))
    }

    /// What the library calls a function, a method or a type that has another name here.
    fn note(name: &str) -> String {
        C::renamed(name, &Self::called(name))
    }

    /// In front of parameters that are not used if there are no fields.
    fn unused(fields: &[Field<'_>]) -> &'static str {
        if fields.is_empty() { "[[maybe_unused]] " } else { "" }
    }

    /// Behind a member that is called on an object, and in front of one that is not but belongs to a class.
    fn qualifier(item: &Request<'_>) -> &'static str {
        if item.is_method() { " const" } else { "" }
    }

    fn storage(item: &Request<'_>) -> &'static str {
        if item.is_method() || item.class.is_none() { "" } else { "static " }
    }

    /// In front of a member that is defined outside of its class.
    fn member_of(class: &str) -> String {
        format!("{class}::")
    }

    /// As many spaces as what stands above.
    fn below(first: &str, second: &str) -> String {
        " ".repeat(first.chars().count() + second.chars().count())
    }

    fn constant(item: &Constant<'_>) -> String {
        format!("k{}", camel(&item.member.to_lowercase()))
    }

    /// What C only has as a macro with a cast.
    fn special(item: &Constant<'_>) -> Option<String> {
        let Value::Float(value) = item.value else { return None };
        let limits = format!("std::numeric_limits<{}>", spelled(item.ty, ""));
        match *value {
            value if value.is_nan() => Some(format!("{limits}::quiet_NaN()")),
            f64::INFINITY => Some(format!("{limits}::infinity()")),
            f64::NEG_INFINITY => Some(format!("-{limits}::infinity()")),
            _ => None,
        }
    }

    fn table(params: &[Parameter<'_>]) -> String {
        table(params.iter().map(|param| (&*param.name, &*param.docs)))
    }

    fn fields(fields: &[Field<'_>]) -> String {
        table(fields.iter().map(|field| (field.name, &field.docs)))
    }
}
