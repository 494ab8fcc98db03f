//! Written by `generator.rs`; `UPDATE=1 cargo test --test typed_values` writes it anew.
#![allow(non_snake_case, clippy::all, reason = "nobody wrote this")]

use super::{Rng, Sample, fields};
use ciborium::Value;
use ffihost::ffi;
use std::collections::{BTreeMap, HashMap};

#[ffi(error)]
#[derive(Clone, Debug)]
pub struct T00 {
    pub func: Vec<String>,
    pub register: i64,
    pub namespace: u8,
    pub self_: u64,
}

impl Sample for T00 {
    fn random(rng: &mut Rng) -> Self {
        Self { func: Sample::random(rng), register: Sample::random(rng), namespace: Sample::random(rng), self_: Sample::random(rng) }
    }

    fn value(&self) -> Value {
        fields([("func", self.func.value()), ("register", self.register.value()), ("namespace", self.namespace.value()), ("self_", self.self_.value())])
    }
}

#[ffi]
pub fn echo_t00(value: T00) -> T00 {
    value
}

#[ffi]
#[derive(Clone, Debug)]
pub struct T01 {
    pub a0: T00,
    pub class: f32,
    pub register: Vec<HashMap<String, u8>>,
    pub pass: u8,
}

impl Sample for T01 {
    fn random(rng: &mut Rng) -> Self {
        Self { a0: Sample::random(rng), class: Sample::random(rng), register: Sample::random(rng), pass: Sample::random(rng) }
    }

    fn value(&self) -> Value {
        fields([("a0", self.a0.value()), ("class", self.class.value()), ("register", self.register.value()), ("pass", self.pass.value())])
    }
}

#[ffi]
pub fn echo_t01(value: T01) -> T01 {
    value
}

#[ffi]
#[derive(Clone, Debug)]
pub enum T02 {
    Type,
    Option,
    NULL,
    Lift,
}

impl Sample for T02 {
    fn random(rng: &mut Rng) -> Self {
        rng.pick(&[Self::Type, Self::Option, Self::NULL, Self::Lift])
    }

    fn value(&self) -> Value {
        match self { Self::Type => Value::Text("Type".to_owned()), Self::Option => Value::Text("Option".to_owned()), Self::NULL => Value::Text("NULL".to_owned()), Self::Lift => Value::Text("Lift".to_owned()) }
    }
}

#[ffi]
pub fn echo_t02(value: T02) -> T02 {
    value
}

#[ffi(error)]
#[derive(Clone, Debug)]
pub enum T03 {
    Some { r#dyn: Option<String>, r#match: f64 },
    String,
    Box,
}

impl Sample for T03 {
    fn random(rng: &mut Rng) -> Self {
        match rng.below(3) { 0 => Self::Some { r#dyn: Sample::random(rng), r#match: Sample::random(rng) }, 1 => Self::String, 2 => Self::Box, _ => unreachable!() }
    }

    fn value(&self) -> Value {
        match self { Self::Some { r#dyn, r#match } => fields([("Some", fields([("dyn", r#dyn.value()), ("match", r#match.value())]))]), Self::String => Value::Text("String".to_owned()), Self::Box => Value::Text("Box".to_owned()) }
    }
}

#[ffi]
pub fn echo_t03(value: T03) -> T03 {
    value
}

#[ffi]
#[derive(Clone, Debug)]
pub enum T04 {
    Lift { r#async: bool },
    True { int: T01, val: String },
    Class(u8),
    Payload,
    Lower { v0: Option<Vec<HashMap<String, i8>>>, protocol: i8, token: bool },
    Result(Vec<u8>),
}

impl Sample for T04 {
    fn random(rng: &mut Rng) -> Self {
        match rng.below(6) { 0 => Self::Lift { r#async: Sample::random(rng) }, 1 => Self::True { int: Sample::random(rng), val: Sample::random(rng) }, 2 => Self::Class(Sample::random(rng)), 3 => Self::Payload, 4 => Self::Lower { v0: Sample::random(rng), protocol: Sample::random(rng), token: Sample::random(rng) }, 5 => Self::Result(Sample::random(rng)), _ => unreachable!() }
    }

    fn value(&self) -> Value {
        match self { Self::Lift { r#async } => fields([("Lift", fields([("async", r#async.value())]))]), Self::True { int, val } => fields([("True", fields([("int", int.value()), ("val", val.value())]))]), Self::Class(it) => fields([("Class", it.value())]), Self::Payload => Value::Text("Payload".to_owned()), Self::Lower { v0, protocol, token } => fields([("Lower", fields([("v0", v0.value()), ("protocol", protocol.value()), ("token", token.value())]))]), Self::Result(it) => fields([("Result", it.value())]) }
    }
}

#[ffi]
pub fn echo_t04(value: T04) -> T04 {
    value
}

#[ffi]
#[derive(Clone, Debug)]
pub enum T05 {
    None(Vec<u8>),
    Option(Vec<Vec<T19>>),
    Vec(BTreeMap<String, HashMap<String, HashMap<String, Vec<T42>>>>),
}

impl Sample for T05 {
    fn random(rng: &mut Rng) -> Self {
        match rng.below(3) { 0 => Self::None(Sample::random(rng)), 1 => Self::Option(Sample::random(rng)), 2 => Self::Vec(Sample::random(rng)), _ => unreachable!() }
    }

    fn value(&self) -> Value {
        match self { Self::None(it) => fields([("None", it.value())]), Self::Option(it) => fields([("Option", it.value())]), Self::Vec(it) => fields([("Vec", it.value())]) }
    }
}

#[ffi]
pub fn echo_t05(value: T05) -> T05 {
    value
}

#[ffi(error)]
#[derive(Clone, Debug)]
pub enum T06 {
    Self_,
    NULL,
    Err,
}

impl Sample for T06 {
    fn random(rng: &mut Rng) -> Self {
        rng.pick(&[Self::Self_, Self::NULL, Self::Err])
    }

    fn value(&self) -> Value {
        match self { Self::Self_ => Value::Text("Self_".to_owned()), Self::NULL => Value::Text("NULL".to_owned()), Self::Err => Value::Text("Err".to_owned()) }
    }
}

#[ffi]
pub fn echo_t06(value: T06) -> T06 {
    value
}

#[ffi]
#[derive(Clone, Debug)]
pub struct T07 {
    pub def: T00,
    pub slot0: Vec<BTreeMap<String, T30>>,
    pub r#fn: Vec<BTreeMap<String, HashMap<String, BTreeMap<String, u16>>>>,
    pub tag: Vec<Vec<Option<T42>>>,
    pub register: Option<HashMap<String, u8>>,
}

impl Sample for T07 {
    fn random(rng: &mut Rng) -> Self {
        Self { def: Sample::random(rng), slot0: Sample::random(rng), r#fn: Sample::random(rng), tag: Sample::random(rng), register: Sample::random(rng) }
    }

    fn value(&self) -> Value {
        fields([("def", self.def.value()), ("slot0", self.slot0.value()), ("fn", self.r#fn.value()), ("tag", self.tag.value()), ("register", self.register.value())])
    }
}

#[ffi]
pub fn echo_t07(value: T07) -> T07 {
    value
}

#[ffi]
#[derive(Clone, Debug)]
pub struct T08 {
    pub ret: T03,
    pub protocol: i16,
}

impl Sample for T08 {
    fn random(rng: &mut Rng) -> Self {
        Self { ret: Sample::random(rng), protocol: Sample::random(rng) }
    }

    fn value(&self) -> Value {
        fields([("ret", self.ret.value()), ("protocol", self.protocol.value())])
    }
}

#[ffi]
pub fn echo_t08(value: T08) -> T08 {
    value
}

#[ffi(error)]
#[derive(Clone, Debug)]
pub enum T09 {
    Default(Option<String>),
    Self_ { r#fn: T08, user_data: T04 },
    Ok,
}

impl Sample for T09 {
    fn random(rng: &mut Rng) -> Self {
        match rng.below(3) { 0 => Self::Default(Sample::random(rng)), 1 => Self::Self_ { r#fn: Sample::random(rng), user_data: Sample::random(rng) }, 2 => Self::Ok, _ => unreachable!() }
    }

    fn value(&self) -> Value {
        match self { Self::Default(it) => fields([("Default", it.value())]), Self::Self_ { r#fn, user_data } => fields([("Self_", fields([("fn", r#fn.value()), ("user_data", user_data.value())]))]), Self::Ok => Value::Text("Ok".to_owned()) }
    }
}

#[ffi]
pub fn echo_t09(value: T09) -> T09 {
    value
}

#[ffi]
#[derive(Clone, Debug)]
pub struct T10 {
    pub fun: Option<BTreeMap<String, Vec<u16>>>,
    pub chan: T02,
    pub error: T02,
    pub name: Vec<Option<Vec<u16>>>,
    pub pass: T05,
    pub var: Option<u8>,
}

impl Sample for T10 {
    fn random(rng: &mut Rng) -> Self {
        Self { fun: Sample::random(rng), chan: Sample::random(rng), error: Sample::random(rng), name: Sample::random(rng), pass: Sample::random(rng), var: Sample::random(rng) }
    }

    fn value(&self) -> Value {
        fields([("fun", self.fun.value()), ("chan", self.chan.value()), ("error", self.error.value()), ("name", self.name.value()), ("pass", self.pass.value()), ("var", self.var.value())])
    }
}

#[ffi]
pub fn echo_t10(value: T10) -> T10 {
    value
}

#[ffi]
#[derive(Clone, Debug)]
pub struct T11 {
    pub r#match: Vec<bool>,
    pub v0: String,
    pub present: BTreeMap<String, u16>,
    pub chan: f64,
    pub a0: u16,
}

impl Sample for T11 {
    fn random(rng: &mut Rng) -> Self {
        Self { r#match: Sample::random(rng), v0: Sample::random(rng), present: Sample::random(rng), chan: Sample::random(rng), a0: Sample::random(rng) }
    }

    fn value(&self) -> Value {
        fields([("match", self.r#match.value()), ("v0", self.v0.value()), ("present", self.present.value()), ("chan", self.chan.value()), ("a0", self.a0.value())])
    }
}

#[ffi]
pub fn echo_t11(value: T11) -> T11 {
    value
}

#[ffi(error)]
#[derive(Clone, Debug)]
pub enum T12 {
    Class { reader: Vec<Option<Vec<Vec<i32>>>> },
    Self_,
    Type,
    Option { payload: Option<Vec<Vec<Option<String>>>>, var: T07 },
}

impl Sample for T12 {
    fn random(rng: &mut Rng) -> Self {
        match rng.below(4) { 0 => Self::Class { reader: Sample::random(rng) }, 1 => Self::Self_, 2 => Self::Type, 3 => Self::Option { payload: Sample::random(rng), var: Sample::random(rng) }, _ => unreachable!() }
    }

    fn value(&self) -> Value {
        match self { Self::Class { reader } => fields([("Class", fields([("reader", reader.value())]))]), Self::Self_ => Value::Text("Self_".to_owned()), Self::Type => Value::Text("Type".to_owned()), Self::Option { payload, var } => fields([("Option", fields([("payload", payload.value()), ("var", var.value())]))]) }
    }
}

#[ffi]
pub fn echo_t12(value: T12) -> T12 {
    value
}

#[ffi]
#[derive(Clone, Debug)]
pub enum T13 {
    Self_(Option<u64>),
}

impl Sample for T13 {
    fn random(rng: &mut Rng) -> Self {
        match rng.below(1) { 0 => Self::Self_(Sample::random(rng)), _ => unreachable!() }
    }

    fn value(&self) -> Value {
        match self { Self::Self_(it) => fields([("Self_", it.value())]) }
    }
}

#[ffi]
pub fn echo_t13(value: T13) -> T13 {
    value
}

#[ffi]
#[derive(Clone, Debug)]
pub struct T14 {
    pub reader: Vec<f32>,
    pub fun: u16,
    pub req: Vec<Option<u16>>,
    pub place: i16,
    pub payload: Option<Vec<Vec<Option<u8>>>>,
}

impl Sample for T14 {
    fn random(rng: &mut Rng) -> Self {
        Self { reader: Sample::random(rng), fun: Sample::random(rng), req: Sample::random(rng), place: Sample::random(rng), payload: Sample::random(rng) }
    }

    fn value(&self) -> Value {
        fields([("reader", self.reader.value()), ("fun", self.fun.value()), ("req", self.req.value()), ("place", self.place.value()), ("payload", self.payload.value())])
    }
}

#[ffi]
pub fn echo_t14(value: T14) -> T14 {
    value
}

#[ffi(error)]
#[derive(Clone, Debug)]
pub enum T15 {
    Vec,
    Self_,
}

impl Sample for T15 {
    fn random(rng: &mut Rng) -> Self {
        rng.pick(&[Self::Vec, Self::Self_])
    }

    fn value(&self) -> Value {
        match self { Self::Vec => Value::Text("Vec".to_owned()), Self::Self_ => Value::Text("Self_".to_owned()) }
    }
}

#[ffi]
pub fn echo_t15(value: T15) -> T15 {
    value
}

#[ffi]
#[derive(Clone, Debug)]
pub struct T16 {
    pub user_data: bool,
}

impl Sample for T16 {
    fn random(rng: &mut Rng) -> Self {
        Self { user_data: Sample::random(rng) }
    }

    fn value(&self) -> Value {
        fields([("user_data", self.user_data.value())])
    }
}

#[ffi]
pub fn echo_t16(value: T16) -> T16 {
    value
}

#[ffi]
#[derive(Clone, Debug)]
pub struct T17 {
    pub self_: BTreeMap<String, T39>,
    pub writer: T04,
    pub error: BTreeMap<String, HashMap<String, T52>>,
}

impl Sample for T17 {
    fn random(rng: &mut Rng) -> Self {
        Self { self_: Sample::random(rng), writer: Sample::random(rng), error: Sample::random(rng) }
    }

    fn value(&self) -> Value {
        fields([("self_", self.self_.value()), ("writer", self.writer.value()), ("error", self.error.value())])
    }
}

#[ffi]
pub fn echo_t17(value: T17) -> T17 {
    value
}

#[ffi(error)]
#[derive(Clone, Debug)]
pub struct T18 {
    pub class: Vec<BTreeMap<String, T31>>,
    pub self_: Option<T17>,
    pub tag: f64,
    pub value: T16,
    pub token: Vec<Vec<u8>>,
}

impl Sample for T18 {
    fn random(rng: &mut Rng) -> Self {
        Self { class: Sample::random(rng), self_: Sample::random(rng), tag: Sample::random(rng), value: Sample::random(rng), token: Sample::random(rng) }
    }

    fn value(&self) -> Value {
        fields([("class", self.class.value()), ("self_", self.self_.value()), ("tag", self.tag.value()), ("value", self.value.value()), ("token", self.token.value())])
    }
}

#[ffi]
pub fn echo_t18(value: T18) -> T18 {
    value
}

#[ffi]
#[derive(Clone, Debug)]
pub enum T19 {
    Int,
}

impl Sample for T19 {
    fn random(rng: &mut Rng) -> Self {
        rng.pick(&[Self::Int])
    }

    fn value(&self) -> Value {
        match self { Self::Int => Value::Text("Int".to_owned()) }
    }
}

#[ffi]
pub fn echo_t19(value: T19) -> T19 {
    value
}

#[ffi]
#[derive(Clone, Debug)]
pub struct T20 {
    pub fun: Vec<Option<String>>,
    pub scratch: String,
    pub template: HashMap<String, Vec<Vec<T56>>>,
    pub lambda: u16,
}

impl Sample for T20 {
    fn random(rng: &mut Rng) -> Self {
        Self { fun: Sample::random(rng), scratch: Sample::random(rng), template: Sample::random(rng), lambda: Sample::random(rng) }
    }

    fn value(&self) -> Value {
        fields([("fun", self.fun.value()), ("scratch", self.scratch.value()), ("template", self.template.value()), ("lambda", self.lambda.value())])
    }
}

#[ffi]
pub fn echo_t20(value: T20) -> T20 {
    value
}

#[ffi(error)]
#[derive(Clone, Debug)]
pub struct T21 {
    pub guard: T11,
    pub val: u32,
}

impl Sample for T21 {
    fn random(rng: &mut Rng) -> Self {
        Self { guard: Sample::random(rng), val: Sample::random(rng) }
    }

    fn value(&self) -> Value {
        fields([("guard", self.guard.value()), ("val", self.val.value())])
    }
}

#[ffi]
pub fn echo_t21(value: T21) -> T21 {
    value
}

#[ffi]
#[derive(Clone, Debug)]
pub struct T22 {
    pub writer: i32,
}

impl Sample for T22 {
    fn random(rng: &mut Rng) -> Self {
        Self { writer: Sample::random(rng) }
    }

    fn value(&self) -> Value {
        fields([("writer", self.writer.value())])
    }
}

#[ffi]
pub fn echo_t22(value: T22) -> T22 {
    value
}

#[ffi]
#[derive(Clone, Debug)]
pub struct T23 {
    pub ret: Vec<u16>,
    pub func: HashMap<String, T03>,
    pub payload: String,
    pub chan: String,
    pub double: T08,
}

impl Sample for T23 {
    fn random(rng: &mut Rng) -> Self {
        Self { ret: Sample::random(rng), func: Sample::random(rng), payload: Sample::random(rng), chan: Sample::random(rng), double: Sample::random(rng) }
    }

    fn value(&self) -> Value {
        fields([("ret", self.ret.value()), ("func", self.func.value()), ("payload", self.payload.value()), ("chan", self.chan.value()), ("double", self.double.value())])
    }
}

#[ffi]
pub fn echo_t23(value: T23) -> T23 {
    value
}

#[ffi(error)]
#[derive(Clone, Debug)]
pub struct T24 {
    pub r#dyn: HashMap<String, Vec<HashMap<String, f32>>>,
    pub len: Vec<Option<u8>>,
    pub chan: BTreeMap<String, i64>,
}

impl Sample for T24 {
    fn random(rng: &mut Rng) -> Self {
        Self { r#dyn: Sample::random(rng), len: Sample::random(rng), chan: Sample::random(rng) }
    }

    fn value(&self) -> Value {
        fields([("dyn", self.r#dyn.value()), ("len", self.len.value()), ("chan", self.chan.value())])
    }
}

#[ffi]
pub fn echo_t24(value: T24) -> T24 {
    value
}

#[ffi]
#[derive(Clone, Debug)]
pub struct T25 {
    pub inout: Vec<Vec<Option<u16>>>,
    pub scratch: u8,
}

impl Sample for T25 {
    fn random(rng: &mut Rng) -> Self {
        Self { inout: Sample::random(rng), scratch: Sample::random(rng) }
    }

    fn value(&self) -> Value {
        fields([("inout", self.inout.value()), ("scratch", self.scratch.value())])
    }
}

#[ffi]
pub fn echo_t25(value: T25) -> T25 {
    value
}

#[ffi]
#[derive(Clone, Debug)]
pub enum T26 {
    Lift,
}

impl Sample for T26 {
    fn random(rng: &mut Rng) -> Self {
        rng.pick(&[Self::Lift])
    }

    fn value(&self) -> Value {
        match self { Self::Lift => Value::Text("Lift".to_owned()) }
    }
}

#[ffi]
pub fn echo_t26(value: T26) -> T26 {
    value
}

#[ffi(error)]
#[derive(Clone, Debug)]
pub enum T27 {
    Default(Option<i8>),
    True,
    Self_,
    Type(HashMap<String, Vec<HashMap<String, Vec<String>>>>),
    None { self_: String, r#fn: T06, payload: HashMap<String, Option<Vec<Vec<i8>>>> },
}

impl Sample for T27 {
    fn random(rng: &mut Rng) -> Self {
        match rng.below(5) { 0 => Self::Default(Sample::random(rng)), 1 => Self::True, 2 => Self::Self_, 3 => Self::Type(Sample::random(rng)), 4 => Self::None { self_: Sample::random(rng), r#fn: Sample::random(rng), payload: Sample::random(rng) }, _ => unreachable!() }
    }

    fn value(&self) -> Value {
        match self { Self::Default(it) => fields([("Default", it.value())]), Self::True => Value::Text("True".to_owned()), Self::Self_ => Value::Text("Self_".to_owned()), Self::Type(it) => fields([("Type", it.value())]), Self::None { self_, r#fn, payload } => fields([("None", fields([("self_", self_.value()), ("fn", r#fn.value()), ("payload", payload.value())]))]) }
    }
}

#[ffi]
pub fn echo_t27(value: T27) -> T27 {
    value
}

#[ffi]
#[derive(Clone, Debug)]
pub enum T28 {
    Payload { protocol: String, def: Option<T12> },
    A,
    B,
}

impl Sample for T28 {
    fn random(rng: &mut Rng) -> Self {
        match rng.below(3) { 0 => Self::Payload { protocol: Sample::random(rng), def: Sample::random(rng) }, 1 => Self::A, 2 => Self::B, _ => unreachable!() }
    }

    fn value(&self) -> Value {
        match self { Self::Payload { protocol, def } => fields([("Payload", fields([("protocol", protocol.value()), ("def", def.value())]))]), Self::A => Value::Text("A".to_owned()), Self::B => Value::Text("B".to_owned()) }
    }
}

#[ffi]
pub fn echo_t28(value: T28) -> T28 {
    value
}

#[ffi]
#[derive(Clone, Debug)]
pub enum T29 {
    Err { protocol: HashMap<String, bool>, name: Vec<i16>, slot0: String, r#async: u32 },
    NULL,
    Option { register: f32 },
    None,
    Type,
}

impl Sample for T29 {
    fn random(rng: &mut Rng) -> Self {
        match rng.below(5) { 0 => Self::Err { protocol: Sample::random(rng), name: Sample::random(rng), slot0: Sample::random(rng), r#async: Sample::random(rng) }, 1 => Self::NULL, 2 => Self::Option { register: Sample::random(rng) }, 3 => Self::None, 4 => Self::Type, _ => unreachable!() }
    }

    fn value(&self) -> Value {
        match self { Self::Err { protocol, name, slot0, r#async } => fields([("Err", fields([("protocol", protocol.value()), ("name", name.value()), ("slot0", slot0.value()), ("async", r#async.value())]))]), Self::NULL => Value::Text("NULL".to_owned()), Self::Option { register } => fields([("Option", fields([("register", register.value())]))]), Self::None => Value::Text("None".to_owned()), Self::Type => Value::Text("Type".to_owned()) }
    }
}

#[ffi]
pub fn echo_t29(value: T29) -> T29 {
    value
}

#[ffi(error)]
#[derive(Clone, Debug)]
pub enum T30 {
    True { r#async: Option<T04>, self_: Vec<f32>, place: bool },
    Ok { operator: Vec<HashMap<String, String>>, chan: Vec<T59>, tag: Vec<i64> },
    Class,
    Default { scratch: Option<i64>, token: Vec<HashMap<String, T40>>, r#fn: Vec<HashMap<String, String>>, r#match: BTreeMap<String, Option<Vec<i8>>>, data: u64 },
    Option,
}

impl Sample for T30 {
    fn random(rng: &mut Rng) -> Self {
        match rng.below(5) { 0 => Self::True { r#async: Sample::random(rng), self_: Sample::random(rng), place: Sample::random(rng) }, 1 => Self::Ok { operator: Sample::random(rng), chan: Sample::random(rng), tag: Sample::random(rng) }, 2 => Self::Class, 3 => Self::Default { scratch: Sample::random(rng), token: Sample::random(rng), r#fn: Sample::random(rng), r#match: Sample::random(rng), data: Sample::random(rng) }, 4 => Self::Option, _ => unreachable!() }
    }

    fn value(&self) -> Value {
        match self { Self::True { r#async, self_, place } => fields([("True", fields([("async", r#async.value()), ("self_", self_.value()), ("place", place.value())]))]), Self::Ok { operator, chan, tag } => fields([("Ok", fields([("operator", operator.value()), ("chan", chan.value()), ("tag", tag.value())]))]), Self::Class => Value::Text("Class".to_owned()), Self::Default { scratch, token, r#fn, r#match, data } => fields([("Default", fields([("scratch", scratch.value()), ("token", token.value()), ("fn", r#fn.value()), ("match", r#match.value()), ("data", data.value())]))]), Self::Option => Value::Text("Option".to_owned()) }
    }
}

#[ffi]
pub fn echo_t30(value: T30) -> T30 {
    value
}

#[ffi]
#[derive(Clone, Debug)]
pub enum T31 {
    A(BTreeMap<String, BTreeMap<String, i8>>),
}

impl Sample for T31 {
    fn random(rng: &mut Rng) -> Self {
        match rng.below(1) { 0 => Self::A(Sample::random(rng)), _ => unreachable!() }
    }

    fn value(&self) -> Value {
        match self { Self::A(it) => fields([("A", it.value())]) }
    }
}

#[ffi]
pub fn echo_t31(value: T31) -> T31 {
    value
}

#[ffi]
#[derive(Clone, Debug)]
pub enum T32 {
    Box { len: BTreeMap<String, String>, int: u32, place: T06, self_: String, fun: T29, chan: i32 },
    B,
    Any,
}

impl Sample for T32 {
    fn random(rng: &mut Rng) -> Self {
        match rng.below(3) { 0 => Self::Box { len: Sample::random(rng), int: Sample::random(rng), place: Sample::random(rng), self_: Sample::random(rng), fun: Sample::random(rng), chan: Sample::random(rng) }, 1 => Self::B, 2 => Self::Any, _ => unreachable!() }
    }

    fn value(&self) -> Value {
        match self { Self::Box { len, int, place, self_, fun, chan } => fields([("Box", fields([("len", len.value()), ("int", int.value()), ("place", place.value()), ("self_", self_.value()), ("fun", fun.value()), ("chan", chan.value())]))]), Self::B => Value::Text("B".to_owned()), Self::Any => Value::Text("Any".to_owned()) }
    }
}

#[ffi]
pub fn echo_t32(value: T32) -> T32 {
    value
}

#[ffi(error)]
#[derive(Clone, Debug)]
pub enum T33 {
    Box { tag: i8, inout: Option<i64>, v0: Vec<T57> },
    Default(Vec<i32>),
    None(Option<i16>),
}

impl Sample for T33 {
    fn random(rng: &mut Rng) -> Self {
        match rng.below(3) { 0 => Self::Box { tag: Sample::random(rng), inout: Sample::random(rng), v0: Sample::random(rng) }, 1 => Self::Default(Sample::random(rng)), 2 => Self::None(Sample::random(rng)), _ => unreachable!() }
    }

    fn value(&self) -> Value {
        match self { Self::Box { tag, inout, v0 } => fields([("Box", fields([("tag", tag.value()), ("inout", inout.value()), ("v0", v0.value())]))]), Self::Default(it) => fields([("Default", it.value())]), Self::None(it) => fields([("None", it.value())]) }
    }
}

#[ffi]
pub fn echo_t33(value: T33) -> T33 {
    value
}

#[ffi]
#[derive(Clone, Debug)]
pub enum T34 {
    Int { template: Option<Vec<i64>>, r#async: bool, value: i8, func: i32, cb: Vec<T56> },
    Payload,
}

impl Sample for T34 {
    fn random(rng: &mut Rng) -> Self {
        match rng.below(2) { 0 => Self::Int { template: Sample::random(rng), r#async: Sample::random(rng), value: Sample::random(rng), func: Sample::random(rng), cb: Sample::random(rng) }, 1 => Self::Payload, _ => unreachable!() }
    }

    fn value(&self) -> Value {
        match self { Self::Int { template, r#async, value, func, cb } => fields([("Int", fields([("template", template.value()), ("async", r#async.value()), ("value", value.value()), ("func", func.value()), ("cb", cb.value())]))]), Self::Payload => Value::Text("Payload".to_owned()) }
    }
}

#[ffi]
pub fn echo_t34(value: T34) -> T34 {
    value
}

#[ffi]
#[derive(Clone, Debug)]
pub enum T35 {
    Class { ctx: Option<i32>, a0: u8, lambda: T19, cb: Vec<T05>, value: T09 },
    B { present: Vec<Vec<Vec<f64>>>, data: i8, name: BTreeMap<String, bool>, r#dyn: BTreeMap<String, Vec<u8>> },
    Option { cb: u16, name: BTreeMap<String, T29> },
}

impl Sample for T35 {
    fn random(rng: &mut Rng) -> Self {
        match rng.below(3) { 0 => Self::Class { ctx: Sample::random(rng), a0: Sample::random(rng), lambda: Sample::random(rng), cb: Sample::random(rng), value: Sample::random(rng) }, 1 => Self::B { present: Sample::random(rng), data: Sample::random(rng), name: Sample::random(rng), r#dyn: Sample::random(rng) }, 2 => Self::Option { cb: Sample::random(rng), name: Sample::random(rng) }, _ => unreachable!() }
    }

    fn value(&self) -> Value {
        match self { Self::Class { ctx, a0, lambda, cb, value } => fields([("Class", fields([("ctx", ctx.value()), ("a0", a0.value()), ("lambda", lambda.value()), ("cb", cb.value()), ("value", value.value())]))]), Self::B { present, data, name, r#dyn } => fields([("B", fields([("present", present.value()), ("data", data.value()), ("name", name.value()), ("dyn", r#dyn.value())]))]), Self::Option { cb, name } => fields([("Option", fields([("cb", cb.value()), ("name", name.value())]))]) }
    }
}

#[ffi]
pub fn echo_t35(value: T35) -> T35 {
    value
}

#[ffi(error)]
#[derive(Clone, Debug)]
pub struct T36 {
    pub r#fn: Option<HashMap<String, Option<BTreeMap<String, bool>>>>,
    pub name: i64,
    pub value: Vec<Option<T18>>,
    pub error: T35,
    pub writer: Option<BTreeMap<String, i8>>,
}

impl Sample for T36 {
    fn random(rng: &mut Rng) -> Self {
        Self { r#fn: Sample::random(rng), name: Sample::random(rng), value: Sample::random(rng), error: Sample::random(rng), writer: Sample::random(rng) }
    }

    fn value(&self) -> Value {
        fields([("fn", self.r#fn.value()), ("name", self.name.value()), ("value", self.value.value()), ("error", self.error.value()), ("writer", self.writer.value())])
    }
}

#[ffi]
pub fn echo_t36(value: T36) -> T36 {
    value
}

#[ffi]
#[derive(Clone, Debug)]
pub enum T37 {
    Some,
    Vec,
    B,
    Object,
}

impl Sample for T37 {
    fn random(rng: &mut Rng) -> Self {
        rng.pick(&[Self::Some, Self::Vec, Self::B, Self::Object])
    }

    fn value(&self) -> Value {
        match self { Self::Some => Value::Text("Some".to_owned()), Self::Vec => Value::Text("Vec".to_owned()), Self::B => Value::Text("B".to_owned()), Self::Object => Value::Text("Object".to_owned()) }
    }
}

#[ffi]
pub fn echo_t37(value: T37) -> T37 {
    value
}

#[ffi]
#[derive(Clone, Debug)]
pub struct T38 {
    pub present: Vec<BTreeMap<String, Vec<Option<u8>>>>,
    pub double: Vec<Vec<u8>>,
    pub writer: u32,
    pub operator: BTreeMap<String, Option<u8>>,
}

impl Sample for T38 {
    fn random(rng: &mut Rng) -> Self {
        Self { present: Sample::random(rng), double: Sample::random(rng), writer: Sample::random(rng), operator: Sample::random(rng) }
    }

    fn value(&self) -> Value {
        fields([("present", self.present.value()), ("double", self.double.value()), ("writer", self.writer.value()), ("operator", self.operator.value())])
    }
}

#[ffi]
pub fn echo_t38(value: T38) -> T38 {
    value
}

#[ffi(error)]
#[derive(Clone, Debug)]
pub enum T39 {
    Tag(Vec<Option<Vec<Vec<i64>>>>),
    Object,
    Result(bool),
    Lift { guard: f32, userData: f64, r#fn: Vec<Vec<Vec<T16>>> },
    Some { object: Vec<Vec<Option<Vec<u16>>>>, double: Option<u8>, a0: HashMap<String, T34> },
    None { value: u64, payload: T33, r#async: i64, fun: Option<Vec<u8>>, v0: HashMap<String, Vec<Vec<u8>>>, args: Option<Vec<u8>> },
}

impl Sample for T39 {
    fn random(rng: &mut Rng) -> Self {
        match rng.below(6) { 0 => Self::Tag(Sample::random(rng)), 1 => Self::Object, 2 => Self::Result(Sample::random(rng)), 3 => Self::Lift { guard: Sample::random(rng), userData: Sample::random(rng), r#fn: Sample::random(rng) }, 4 => Self::Some { object: Sample::random(rng), double: Sample::random(rng), a0: Sample::random(rng) }, 5 => Self::None { value: Sample::random(rng), payload: Sample::random(rng), r#async: Sample::random(rng), fun: Sample::random(rng), v0: Sample::random(rng), args: Sample::random(rng) }, _ => unreachable!() }
    }

    fn value(&self) -> Value {
        match self { Self::Tag(it) => fields([("Tag", it.value())]), Self::Object => Value::Text("Object".to_owned()), Self::Result(it) => fields([("Result", it.value())]), Self::Lift { guard, userData, r#fn } => fields([("Lift", fields([("guard", guard.value()), ("userData", userData.value()), ("fn", r#fn.value())]))]), Self::Some { object, double, a0 } => fields([("Some", fields([("object", object.value()), ("double", double.value()), ("a0", a0.value())]))]), Self::None { value, payload, r#async, fun, v0, args } => fields([("None", fields([("value", value.value()), ("payload", payload.value()), ("async", r#async.value()), ("fun", fun.value()), ("v0", v0.value()), ("args", args.value())]))]) }
    }
}

#[ffi]
pub fn echo_t39(value: T39) -> T39 {
    value
}

#[ffi]
#[derive(Clone, Debug)]
pub enum T40 {
    Lift { r#type: f32, def: Vec<Vec<i8>>, slot0: Vec<f32> },
    Err(Vec<Option<u16>>),
    Vec { register: T03 },
}

impl Sample for T40 {
    fn random(rng: &mut Rng) -> Self {
        match rng.below(3) { 0 => Self::Lift { r#type: Sample::random(rng), def: Sample::random(rng), slot0: Sample::random(rng) }, 1 => Self::Err(Sample::random(rng)), 2 => Self::Vec { register: Sample::random(rng) }, _ => unreachable!() }
    }

    fn value(&self) -> Value {
        match self { Self::Lift { r#type, def, slot0 } => fields([("Lift", fields([("type", r#type.value()), ("def", def.value()), ("slot0", slot0.value())]))]), Self::Err(it) => fields([("Err", it.value())]), Self::Vec { register } => fields([("Vec", fields([("register", register.value())]))]) }
    }
}

#[ffi]
pub fn echo_t40(value: T40) -> T40 {
    value
}

#[ffi]
#[derive(Clone, Debug)]
pub enum T41 {
    Object(BTreeMap<String, Option<HashMap<String, T11>>>),
    Any,
    Self_(HashMap<String, Vec<BTreeMap<String, T04>>>),
}

impl Sample for T41 {
    fn random(rng: &mut Rng) -> Self {
        match rng.below(3) { 0 => Self::Object(Sample::random(rng)), 1 => Self::Any, 2 => Self::Self_(Sample::random(rng)), _ => unreachable!() }
    }

    fn value(&self) -> Value {
        match self { Self::Object(it) => fields([("Object", it.value())]), Self::Any => Value::Text("Any".to_owned()), Self::Self_(it) => fields([("Self_", it.value())]) }
    }
}

#[ffi]
pub fn echo_t41(value: T41) -> T41 {
    value
}

#[ffi(error)]
#[derive(Clone, Debug)]
pub struct T42 {
    pub writer: Vec<Option<HashMap<String, Option<u64>>>>,
    pub pass: T25,
}

impl Sample for T42 {
    fn random(rng: &mut Rng) -> Self {
        Self { writer: Sample::random(rng), pass: Sample::random(rng) }
    }

    fn value(&self) -> Value {
        fields([("writer", self.writer.value()), ("pass", self.pass.value())])
    }
}

#[ffi]
pub fn echo_t42(value: T42) -> T42 {
    value
}

#[ffi]
#[derive(Clone, Debug)]
pub enum T43 {
    Lift,
    Option,
    NULL,
    Box,
    None,
}

impl Sample for T43 {
    fn random(rng: &mut Rng) -> Self {
        rng.pick(&[Self::Lift, Self::Option, Self::NULL, Self::Box, Self::None])
    }

    fn value(&self) -> Value {
        match self { Self::Lift => Value::Text("Lift".to_owned()), Self::Option => Value::Text("Option".to_owned()), Self::NULL => Value::Text("NULL".to_owned()), Self::Box => Value::Text("Box".to_owned()), Self::None => Value::Text("None".to_owned()) }
    }
}

#[ffi]
pub fn echo_t43(value: T43) -> T43 {
    value
}

#[ffi]
#[derive(Clone, Debug)]
pub enum T44 {
    Vec(i16),
    Any,
    None { pass: u16, len: Option<u8>, a0: Vec<Vec<u32>>, def: Option<HashMap<String, Vec<String>>>, user_data: Vec<bool> },
    Tag,
    Self_ { object: Option<BTreeMap<String, Vec<u8>>> },
    Option { r#match: u64, token: i16, r#dyn: Option<String>, req: Vec<HashMap<String, bool>> },
}

impl Sample for T44 {
    fn random(rng: &mut Rng) -> Self {
        match rng.below(6) { 0 => Self::Vec(Sample::random(rng)), 1 => Self::Any, 2 => Self::None { pass: Sample::random(rng), len: Sample::random(rng), a0: Sample::random(rng), def: Sample::random(rng), user_data: Sample::random(rng) }, 3 => Self::Tag, 4 => Self::Self_ { object: Sample::random(rng) }, 5 => Self::Option { r#match: Sample::random(rng), token: Sample::random(rng), r#dyn: Sample::random(rng), req: Sample::random(rng) }, _ => unreachable!() }
    }

    fn value(&self) -> Value {
        match self { Self::Vec(it) => fields([("Vec", it.value())]), Self::Any => Value::Text("Any".to_owned()), Self::None { pass, len, a0, def, user_data } => fields([("None", fields([("pass", pass.value()), ("len", len.value()), ("a0", a0.value()), ("def", def.value()), ("user_data", user_data.value())]))]), Self::Tag => Value::Text("Tag".to_owned()), Self::Self_ { object } => fields([("Self_", fields([("object", object.value())]))]), Self::Option { r#match, token, r#dyn, req } => fields([("Option", fields([("match", r#match.value()), ("token", token.value()), ("dyn", r#dyn.value()), ("req", req.value())]))]) }
    }
}

#[ffi]
pub fn echo_t44(value: T44) -> T44 {
    value
}

#[ffi(error)]
#[derive(Clone, Debug)]
pub enum T45 {
    Box(Vec<u8>),
    B,
    Option(Option<String>),
}

impl Sample for T45 {
    fn random(rng: &mut Rng) -> Self {
        match rng.below(3) { 0 => Self::Box(Sample::random(rng)), 1 => Self::B, 2 => Self::Option(Sample::random(rng)), _ => unreachable!() }
    }

    fn value(&self) -> Value {
        match self { Self::Box(it) => fields([("Box", it.value())]), Self::B => Value::Text("B".to_owned()), Self::Option(it) => fields([("Option", it.value())]) }
    }
}

#[ffi]
pub fn echo_t45(value: T45) -> T45 {
    value
}

#[ffi]
#[derive(Clone, Debug)]
pub enum T46 {
    A(f32),
    Self_,
}

impl Sample for T46 {
    fn random(rng: &mut Rng) -> Self {
        match rng.below(2) { 0 => Self::A(Sample::random(rng)), 1 => Self::Self_, _ => unreachable!() }
    }

    fn value(&self) -> Value {
        match self { Self::A(it) => fields([("A", it.value())]), Self::Self_ => Value::Text("Self_".to_owned()) }
    }
}

#[ffi]
pub fn echo_t46(value: T46) -> T46 {
    value
}

#[ffi]
#[derive(Clone, Debug)]
pub struct T47 {
    pub var: BTreeMap<String, Option<T21>>,
    pub self_: Vec<String>,
    pub register: Option<String>,
    pub val: Vec<Vec<Vec<u32>>>,
    pub namespace: bool,
}

impl Sample for T47 {
    fn random(rng: &mut Rng) -> Self {
        Self { var: Sample::random(rng), self_: Sample::random(rng), register: Sample::random(rng), val: Sample::random(rng), namespace: Sample::random(rng) }
    }

    fn value(&self) -> Value {
        fields([("var", self.var.value()), ("self_", self.self_.value()), ("register", self.register.value()), ("val", self.val.value()), ("namespace", self.namespace.value())])
    }
}

#[ffi]
pub fn echo_t47(value: T47) -> T47 {
    value
}

#[ffi(error)]
#[derive(Clone, Debug)]
pub enum T48 {
    Self_(T10),
}

impl Sample for T48 {
    fn random(rng: &mut Rng) -> Self {
        match rng.below(1) { 0 => Self::Self_(Sample::random(rng)), _ => unreachable!() }
    }

    fn value(&self) -> Value {
        match self { Self::Self_(it) => fields([("Self_", it.value())]) }
    }
}

#[ffi]
pub fn echo_t48(value: T48) -> T48 {
    value
}

#[ffi]
#[derive(Clone, Debug)]
pub struct T49 {
    pub args: f32,
    pub reader: i8,
    pub payload: Option<u8>,
    pub name: T02,
}

impl Sample for T49 {
    fn random(rng: &mut Rng) -> Self {
        Self { args: Sample::random(rng), reader: Sample::random(rng), payload: Sample::random(rng), name: Sample::random(rng) }
    }

    fn value(&self) -> Value {
        fields([("args", self.args.value()), ("reader", self.reader.value()), ("payload", self.payload.value()), ("name", self.name.value())])
    }
}

#[ffi]
pub fn echo_t49(value: T49) -> T49 {
    value
}

#[ffi]
#[derive(Clone, Debug)]
pub enum T50 {
    Box,
    Lift,
    Tag,
}

impl Sample for T50 {
    fn random(rng: &mut Rng) -> Self {
        rng.pick(&[Self::Box, Self::Lift, Self::Tag])
    }

    fn value(&self) -> Value {
        match self { Self::Box => Value::Text("Box".to_owned()), Self::Lift => Value::Text("Lift".to_owned()), Self::Tag => Value::Text("Tag".to_owned()) }
    }
}

#[ffi]
pub fn echo_t50(value: T50) -> T50 {
    value
}

#[ffi(error)]
#[derive(Clone, Debug)]
pub struct T51 {
    pub val: bool,
    pub present: Vec<T15>,
    pub func: Option<u32>,
    pub class: Vec<u64>,
    pub ret: Option<Vec<Option<u8>>>,
    pub pass: BTreeMap<String, Option<String>>,
}

impl Sample for T51 {
    fn random(rng: &mut Rng) -> Self {
        Self { val: Sample::random(rng), present: Sample::random(rng), func: Sample::random(rng), class: Sample::random(rng), ret: Sample::random(rng), pass: Sample::random(rng) }
    }

    fn value(&self) -> Value {
        fields([("val", self.val.value()), ("present", self.present.value()), ("func", self.func.value()), ("class", self.class.value()), ("ret", self.ret.value()), ("pass", self.pass.value())])
    }
}

#[ffi]
pub fn echo_t51(value: T51) -> T51 {
    value
}

#[ffi]
#[derive(Clone, Debug)]
pub enum T52 {
    Err(Vec<u8>),
}

impl Sample for T52 {
    fn random(rng: &mut Rng) -> Self {
        match rng.below(1) { 0 => Self::Err(Sample::random(rng)), _ => unreachable!() }
    }

    fn value(&self) -> Value {
        match self { Self::Err(it) => fields([("Err", it.value())]) }
    }
}

#[ffi]
pub fn echo_t52(value: T52) -> T52 {
    value
}

#[ffi]
#[derive(Clone, Debug)]
pub enum T53 {
    Option,
}

impl Sample for T53 {
    fn random(rng: &mut Rng) -> Self {
        rng.pick(&[Self::Option])
    }

    fn value(&self) -> Value {
        match self { Self::Option => Value::Text("Option".to_owned()) }
    }
}

#[ffi]
pub fn echo_t53(value: T53) -> T53 {
    value
}

#[ffi(error)]
#[derive(Clone, Debug)]
pub struct T54 {
    pub r#async: HashMap<String, Option<Vec<Vec<u8>>>>,
    pub cb: Vec<T45>,
}

impl Sample for T54 {
    fn random(rng: &mut Rng) -> Self {
        Self { r#async: Sample::random(rng), cb: Sample::random(rng) }
    }

    fn value(&self) -> Value {
        fields([("async", self.r#async.value()), ("cb", self.cb.value())])
    }
}

#[ffi]
pub fn echo_t54(value: T54) -> T54 {
    value
}

#[ffi]
#[derive(Clone, Debug)]
pub enum T55 {
    Ok,
    Default,
}

impl Sample for T55 {
    fn random(rng: &mut Rng) -> Self {
        rng.pick(&[Self::Ok, Self::Default])
    }

    fn value(&self) -> Value {
        match self { Self::Ok => Value::Text("Ok".to_owned()), Self::Default => Value::Text("Default".to_owned()) }
    }
}

#[ffi]
pub fn echo_t55(value: T55) -> T55 {
    value
}

#[ffi]
#[derive(Clone, Debug)]
pub enum T56 {
    Lift { val: u32, namespace: Vec<Vec<Vec<Vec<i8>>>> },
    Self_(BTreeMap<String, i64>),
    Result { v0: Vec<Option<Vec<i8>>>, slot0: Option<Vec<Vec<i64>>> },
    A { name: Option<T05>, ctx: u8 },
}

impl Sample for T56 {
    fn random(rng: &mut Rng) -> Self {
        match rng.below(4) { 0 => Self::Lift { val: Sample::random(rng), namespace: Sample::random(rng) }, 1 => Self::Self_(Sample::random(rng)), 2 => Self::Result { v0: Sample::random(rng), slot0: Sample::random(rng) }, 3 => Self::A { name: Sample::random(rng), ctx: Sample::random(rng) }, _ => unreachable!() }
    }

    fn value(&self) -> Value {
        match self { Self::Lift { val, namespace } => fields([("Lift", fields([("val", val.value()), ("namespace", namespace.value())]))]), Self::Self_(it) => fields([("Self_", it.value())]), Self::Result { v0, slot0 } => fields([("Result", fields([("v0", v0.value()), ("slot0", slot0.value())]))]), Self::A { name, ctx } => fields([("A", fields([("name", name.value()), ("ctx", ctx.value())]))]) }
    }
}

#[ffi]
pub fn echo_t56(value: T56) -> T56 {
    value
}

#[ffi(error)]
#[derive(Clone, Debug)]
pub struct T57 {
    pub data: Option<T48>,
    pub class: i8,
    pub scratch: Vec<Vec<Vec<Vec<u16>>>>,
    pub r#type: f32,
    pub template: T39,
}

impl Sample for T57 {
    fn random(rng: &mut Rng) -> Self {
        Self { data: Sample::random(rng), class: Sample::random(rng), scratch: Sample::random(rng), r#type: Sample::random(rng), template: Sample::random(rng) }
    }

    fn value(&self) -> Value {
        fields([("data", self.data.value()), ("class", self.class.value()), ("scratch", self.scratch.value()), ("type", self.r#type.value()), ("template", self.template.value())])
    }
}

#[ffi]
pub fn echo_t57(value: T57) -> T57 {
    value
}

#[ffi]
#[derive(Clone, Debug)]
pub struct T58 {
    pub class: String,
    pub ret: T17,
    pub len: u8,
    pub scratch: Vec<Option<u8>>,
}

impl Sample for T58 {
    fn random(rng: &mut Rng) -> Self {
        Self { class: Sample::random(rng), ret: Sample::random(rng), len: Sample::random(rng), scratch: Sample::random(rng) }
    }

    fn value(&self) -> Value {
        fields([("class", self.class.value()), ("ret", self.ret.value()), ("len", self.len.value()), ("scratch", self.scratch.value())])
    }
}

#[ffi]
pub fn echo_t58(value: T58) -> T58 {
    value
}

#[ffi]
#[derive(Clone, Debug)]
pub enum T59 {
    Int,
    Lift,
    Some,
    Object,
    Class,
}

impl Sample for T59 {
    fn random(rng: &mut Rng) -> Self {
        rng.pick(&[Self::Int, Self::Lift, Self::Some, Self::Object, Self::Class])
    }

    fn value(&self) -> Value {
        match self { Self::Int => Value::Text("Int".to_owned()), Self::Lift => Value::Text("Lift".to_owned()), Self::Some => Value::Text("Some".to_owned()), Self::Object => Value::Text("Object".to_owned()), Self::Class => Value::Text("Class".to_owned()) }
    }
}

#[ffi]
pub fn echo_t59(value: T59) -> T59 {
    value
}

macro_rules! each_type {
    ($case:ident) => {
        $case!(T00, true, *const u8, "my_app_echo_t00", "my_app_echo_t00_cbor");
        $case!(T01, false, *const u8, "my_app_echo_t01", "my_app_echo_t01_cbor");
        $case!(T02, false, i32, "my_app_echo_t02", "my_app_echo_t02_cbor");
        $case!(T03, true, *const u8, "my_app_echo_t03", "my_app_echo_t03_cbor");
        $case!(T04, false, *const u8, "my_app_echo_t04", "my_app_echo_t04_cbor");
        $case!(T05, false, *const u8, "my_app_echo_t05", "my_app_echo_t05_cbor");
        $case!(T06, true, i32, "my_app_echo_t06", "my_app_echo_t06_cbor");
        $case!(T07, false, *const u8, "my_app_echo_t07", "my_app_echo_t07_cbor");
        $case!(T08, false, *const u8, "my_app_echo_t08", "my_app_echo_t08_cbor");
        $case!(T09, true, *const u8, "my_app_echo_t09", "my_app_echo_t09_cbor");
        $case!(T10, false, *const u8, "my_app_echo_t10", "my_app_echo_t10_cbor");
        $case!(T11, false, *const u8, "my_app_echo_t11", "my_app_echo_t11_cbor");
        $case!(T12, true, *const u8, "my_app_echo_t12", "my_app_echo_t12_cbor");
        $case!(T13, false, *const u8, "my_app_echo_t13", "my_app_echo_t13_cbor");
        $case!(T14, false, *const u8, "my_app_echo_t14", "my_app_echo_t14_cbor");
        $case!(T15, true, i32, "my_app_echo_t15", "my_app_echo_t15_cbor");
        $case!(T16, false, *const u8, "my_app_echo_t16", "my_app_echo_t16_cbor");
        $case!(T17, false, *const u8, "my_app_echo_t17", "my_app_echo_t17_cbor");
        $case!(T18, true, *const u8, "my_app_echo_t18", "my_app_echo_t18_cbor");
        $case!(T19, false, i32, "my_app_echo_t19", "my_app_echo_t19_cbor");
        $case!(T20, false, *const u8, "my_app_echo_t20", "my_app_echo_t20_cbor");
        $case!(T21, true, *const u8, "my_app_echo_t21", "my_app_echo_t21_cbor");
        $case!(T22, false, *const u8, "my_app_echo_t22", "my_app_echo_t22_cbor");
        $case!(T23, false, *const u8, "my_app_echo_t23", "my_app_echo_t23_cbor");
        $case!(T24, true, *const u8, "my_app_echo_t24", "my_app_echo_t24_cbor");
        $case!(T25, false, *const u8, "my_app_echo_t25", "my_app_echo_t25_cbor");
        $case!(T26, false, i32, "my_app_echo_t26", "my_app_echo_t26_cbor");
        $case!(T27, true, *const u8, "my_app_echo_t27", "my_app_echo_t27_cbor");
        $case!(T28, false, *const u8, "my_app_echo_t28", "my_app_echo_t28_cbor");
        $case!(T29, false, *const u8, "my_app_echo_t29", "my_app_echo_t29_cbor");
        $case!(T30, true, *const u8, "my_app_echo_t30", "my_app_echo_t30_cbor");
        $case!(T31, false, *const u8, "my_app_echo_t31", "my_app_echo_t31_cbor");
        $case!(T32, false, *const u8, "my_app_echo_t32", "my_app_echo_t32_cbor");
        $case!(T33, true, *const u8, "my_app_echo_t33", "my_app_echo_t33_cbor");
        $case!(T34, false, *const u8, "my_app_echo_t34", "my_app_echo_t34_cbor");
        $case!(T35, false, *const u8, "my_app_echo_t35", "my_app_echo_t35_cbor");
        $case!(T36, true, *const u8, "my_app_echo_t36", "my_app_echo_t36_cbor");
        $case!(T37, false, i32, "my_app_echo_t37", "my_app_echo_t37_cbor");
        $case!(T38, false, *const u8, "my_app_echo_t38", "my_app_echo_t38_cbor");
        $case!(T39, true, *const u8, "my_app_echo_t39", "my_app_echo_t39_cbor");
        $case!(T40, false, *const u8, "my_app_echo_t40", "my_app_echo_t40_cbor");
        $case!(T41, false, *const u8, "my_app_echo_t41", "my_app_echo_t41_cbor");
        $case!(T42, true, *const u8, "my_app_echo_t42", "my_app_echo_t42_cbor");
        $case!(T43, false, i32, "my_app_echo_t43", "my_app_echo_t43_cbor");
        $case!(T44, false, *const u8, "my_app_echo_t44", "my_app_echo_t44_cbor");
        $case!(T45, true, *const u8, "my_app_echo_t45", "my_app_echo_t45_cbor");
        $case!(T46, false, *const u8, "my_app_echo_t46", "my_app_echo_t46_cbor");
        $case!(T47, false, *const u8, "my_app_echo_t47", "my_app_echo_t47_cbor");
        $case!(T48, true, *const u8, "my_app_echo_t48", "my_app_echo_t48_cbor");
        $case!(T49, false, *const u8, "my_app_echo_t49", "my_app_echo_t49_cbor");
        $case!(T50, false, i32, "my_app_echo_t50", "my_app_echo_t50_cbor");
        $case!(T51, true, *const u8, "my_app_echo_t51", "my_app_echo_t51_cbor");
        $case!(T52, false, *const u8, "my_app_echo_t52", "my_app_echo_t52_cbor");
        $case!(T53, false, i32, "my_app_echo_t53", "my_app_echo_t53_cbor");
        $case!(T54, true, *const u8, "my_app_echo_t54", "my_app_echo_t54_cbor");
        $case!(T55, false, i32, "my_app_echo_t55", "my_app_echo_t55_cbor");
        $case!(T56, false, *const u8, "my_app_echo_t56", "my_app_echo_t56_cbor");
        $case!(T57, true, *const u8, "my_app_echo_t57", "my_app_echo_t57_cbor");
        $case!(T58, false, *const u8, "my_app_echo_t58", "my_app_echo_t58_cbor");
        $case!(T59, false, i32, "my_app_echo_t59", "my_app_echo_t59_cbor");
    };
}
pub(crate) use each_type;
