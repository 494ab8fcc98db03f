//! What a client of a library can do: requests, events, host functions.

use super::docs::{docs, list};
use super::names::{identifier, renamed};
use super::types::Types;
use crate::Error;
use crate::docs::paragraphs;
use crate::names::{self, Scope};
use crate::text::WIDTH;
use ffihost_schema::{Constructor, Event, Field, Handle, HostFn, Library, Receiver, Request, Type};

/// Something that takes arguments.
pub(super) struct Method {
    pub(super) docs: String,
    pub(super) name: String,
    pub(super) signature: String,
    pub(super) args: String,
    /// Whose client it is made by.
    pub(super) of: &'static str,
}

pub(super) struct HandleView {
    pub(super) docs: String,
    pub(super) name: String,
    pub(super) release: String,
    pub(super) methods: Vec<Method>,
}

pub(super) struct EventView {
    pub(super) docs: String,
    pub(super) name: String,
    pub(super) method: String,
    pub(super) payload: String,
}

pub(super) struct HostFnView {
    pub(super) docs: String,
    pub(super) signature: String,
    pub(super) bound: String,
    pub(super) fields: Vec<String>,
    pub(super) call: String,
}

/// What only these bindings have, where the library does not have it too.
pub(super) struct Names {
    pub(super) connect: String,
    pub(super) load: String,
    pub(super) client: String,
    pub(super) close: String,
    /// The parameter of `load`.
    pub(super) library: String,
    /// The arguments of a host function.
    pub(super) args: String,
    /// What a host function returns.
    pub(super) returned: String,
}

impl Names {
    pub(super) fn new(library: &Library, scope: &mut Scope, members: &mut Scope) -> Self {
        let mut params = Scope::default();
        params.reserve(&library.constructor.params.iter().map(|field| field.name.as_str()).collect::<Vec<_>>());
        let mut member = |name| members.give(name, "a function of the bindings");
        Self {
            connect: member("connect"),
            load: member("load"),
            client: member("client"),
            close: member("close"),
            library: params.give("library", "a parameter"),
            args: scope.give("Args", "a type of the bindings"),
            returned: scope.give("R", "a type of the bindings"),
        }
    }
}

pub(super) struct Functions<'a> {
    pub(super) library: &'a Library,
    pub(super) types: &'a Types<'a>,
}

impl Functions<'_> {
    /// The requests of the client, which it has under their own names: `members` are those.
    pub(super) fn methods(&self, members: &mut Scope) -> Result<Vec<Method>, Error> {
        let requests = || self.library.requests.iter().filter(|item| item.formats.cbor);
        let own = requests().filter(|item| !matches!(item.receiver, Receiver::Handle(_)));
        own.map(|item| {
            members.claim(&identifier(&item.name), format!("the request `{}`", item.name))?;
            self.request(item, "&self.0", String::new())
        })
        .collect()
    }

    pub(super) fn handle(&self, item: &Handle) -> Result<HandleView, Error> {
        let of = |request: &&Request| request.formats.cbor && request.receiver == Receiver::Handle(item.name.clone());
        let method = |request: &Request| {
            let receiver = format!(".with({:?}, self)", request.receiver_name);
            self.request(request, "self.0.client()", receiver)
        };
        let text = "It stays in the library, and is given back when the last clone of this is dropped.";
        Ok(HandleView {
            docs: docs(0, &paragraphs(&[&item.docs, text])),
            name: identifier(&item.name),
            release: names::release(&item.name),
            methods: self.library.requests.iter().filter(of).map(method).collect::<Result<_, _>>()?,
        })
    }

    fn request(&self, item: &Request, of: &'static str, receiver: String) -> Result<Method, Error> {
        let place = |field: &Field| format!("the parameter `{}` of the request `{}`", field.name, item.name);
        self.check(&item.params, place)?;
        let result = format!("the request `{}`'s", item.name);
        self.types.check(&item.result, &format!("{result} result"))?;
        let gives = match &item.error {
            Some(error) => {
                self.types.check(error, &format!("{result} error"))?;
                format!("{}, {}", self.types.name(&item.result), self.types.name(error))
            }
            None => self.types.name(&item.result),
        };
        let head = format!("pub fn {}", identifier(&item.name));
        let mut params = vec!["&self".to_owned()];
        params.extend(self.params(&item.params));
        Ok(Method {
            docs: described(&item.docs, &item.params, ""),
            name: item.name.clone(),
            signature: signature(&head, &params, &format!(" -> ffi::Request<{gives}>")),
            args: self.args(receiver, &item.params),
            of,
        })
    }

    fn check(&self, fields: &[Field], place: impl Fn(&Field) -> String) -> Result<(), Error> {
        fields.iter().try_for_each(|field| self.types.check(&field.ty, &place(field)))
    }

    fn params(&self, fields: &[Field]) -> Vec<String> {
        fields.iter().map(|field| self.types.parameter(field).declared).collect()
    }

    /// `let args = …;`, in a line each if there are many.
    fn args(&self, receiver: String, fields: &[Field]) -> String {
        let mut passed: Vec<_> = Some(receiver).filter(|passed| !passed.is_empty()).into_iter().collect();
        passed.extend(fields.iter().map(|field| self.types.parameter(field).passed));
        let line = format!("let args = ffi::Args::new(){};", passed.concat());
        if 8 + line.chars().count() <= WIDTH {
            return line;
        }
        format!(
            "let args = ffi::Args::new(){};",
            passed.iter().map(|one| format!("\n            {one}")).collect::<String>()
        )
    }

    pub(super) fn load(&self, item: &Constructor, names: &Names) -> Result<Option<Method>, Error> {
        if !item.formats.cbor {
            return Ok(None);
        }
        self.check(&item.params, |field| format!("the parameter `{}` of the constructor", field.name))?;
        let error = item.error.as_ref().map_or_else(|| "ffi::NoError".to_owned(), |error| self.types.name(error));
        let mut params = vec![format!("{}: impl ffi::Library", names.library)];
        params.extend(self.params(&item.params));
        let text = "Makes a context in this process, of a library that was loaded (`ffihost_load::Library`), and closes it after \
                    the last clone of this.\n\n# Errors\n\nWith the constructor's declared error, or why there is no context: because the \
                    library that was loaded has another interface, for instance.";
        Ok(Some(Method {
            docs: described(&item.docs, &item.params, text),
            name: names.load.clone(),
            signature: signature(
                &format!("pub async fn {}", names.load),
                &params,
                &format!(" -> Result<Self, ffi::RequestError<{error}>>"),
            ),
            args: self.args(String::new(), &item.params),
            of: "",
        }))
    }

    pub(super) fn event(&self, item: &Event, payload: String, members: &mut Scope) -> EventView {
        let method = if item.name.starts_with("on_") { item.name.clone() } else { format!("on_{}", item.name) };
        let text = "Listens to it, until what this returns is dropped.\n\n# Errors\n\nIf the library takes no listeners any more.";
        EventView {
            docs: described(&item.docs, &[], text),
            name: item.name.clone(),
            method: members.give(&method, "an event"),
            payload,
        }
    }

    pub(super) fn host_fn(&self, item: &HostFn, names: &Names, members: &mut Scope) -> Result<HostFnView, Error> {
        let place = |field: &Field| format!("the parameter `{}` of the host function `{}`", field.name, item.name);
        self.check(&item.params, place)?;
        let text = "Is this host function until what this returns is dropped, or until the connection ends for good.\n\n# Errors\n\nIf \
                    the process that serves the library is it itself.";
        let types: Vec<_> = item.params.iter().map(|field| self.types.name(&field.ty)).collect();
        let returned = &names.returned;
        let mut function = format!("function: impl Fn({}) -> {returned} + Send + Sync + 'static", types.join(", "));
        if 9 + function.chars().count() > WIDTH {
            let types: String = types.iter().map(|ty| format!("            {ty},\n")).collect();
            function = format!("function: impl Fn(\n{types}        ) -> {returned} + Send + Sync + 'static");
        }
        let head = format!(
            "pub async fn {}<{returned}>",
            members.give(&format!("implement_{}", item.name), "a host function")
        );
        let error = match &item.error {
            Some(error) => format!("<{}>", self.checked(error, &format!("the host function `{}`'s error", item.name))?),
            None => String::new(),
        };
        let result = self.checked(&item.result, &format!("the host function `{}`'s result", item.name))?;
        let field = |field: &Field| format!("{}{},", renamed(&field.name).unwrap_or_default(), self.types.field(field));
        Ok(HostFnView {
            docs: described(&item.docs, &item.params, text),
            signature: signature(
                &head,
                &["&self".to_owned(), function],
                " -> Result<ffi::Registration, ffi::RequestError>",
            ),
            bound: format!("ffi::Future<Output = Result<{result}, ffi::HostError{error}>> + Send + 'static"),
            fields: item.params.iter().map(field).collect(),
            call: call(item, &names.args),
        })
    }

    fn checked(&self, ty: &Type, place: &str) -> Result<String, Error> {
        self.types.check(ty, place)?;
        Ok(self.types.name(ty))
    }
}

/// The call of the author's function with what was in the map.
fn call(item: &HostFn, args: &str) -> String {
    let given: Vec<_> = item.params.iter().map(|field| format!("args.{}", identifier(&field.name))).collect();
    let name = &item.name;
    let one_line = if given.is_empty() {
        format!("ffi::implement(&self.0, {name:?}, move |{args} {{}}| function()).await")
    } else {
        format!("ffi::implement(&self.0, {name:?}, move |args: {args}| function({})).await", given.join(", "))
    };
    if 8 + one_line.chars().count() <= WIDTH {
        return one_line;
    }
    let given: String = given.iter().map(|one| format!("                {one},\n")).collect();
    format!(
        "ffi::implement(&self.0, {name:?}, move |args: {args}| {{\n            function(\n{given}            )\n        }})\n        .await"
    )
}

/// What the library says, what it says of parameters, and what these bindings say.
fn described(text: &str, params: &[Field], more: &str) -> String {
    let params = list(params.iter().map(|field| (&*field.name, &*field.docs)));
    docs(4, &paragraphs(&[text, &params, more]))
}

/// A signature in one line, or with each parameter in its own.
fn signature(head: &str, params: &[String], returns: &str) -> String {
    let one_line = format!("{head}({}){returns}", params.join(", "));
    if 6 + one_line.chars().count() <= WIDTH {
        return one_line;
    }
    let params: String = params.iter().map(|param| format!("        {param},\n")).collect();
    format!("{head}(\n{params}    ){returns}")
}
