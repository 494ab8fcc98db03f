//! Types that cross as another one, by conversions that the author wrote; what these refuse is an error for the host.

mod typed;

use ffihost::wire::native::{Reader, Str};
use ffihost::wire::{Lift, from_payload, to_payload};
use ffihost::{DecodeError, Format, HostError, ffi, ffi_event, ffi_host};
use ffihost_schema::{Logic, Type};
use std::cell::Cell;
use std::fmt;

use typed::{Context, DECODE, FFICallBack, OK, PANIC, c_int, c_void, map, run, run_cbor, text};

ffihost::library!("my_app", Nothing);

/// The state: nothing.
pub struct Nothing;

#[ffi(constructor)]
async fn create() -> Result<Nothing, String> {
    Ok(Nothing)
}

/// An address, which has an `@`.
#[ffi(as = String)]
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Email {
    at: usize,
    whole: String,
}

/// Why it is no address.
#[derive(Debug)]
pub struct NoEmail;

impl fmt::Display for NoEmail {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an address has an @")
    }
}

impl From<&Email> for String {
    fn from(email: &Email) -> Self {
        assert!(!email.whole.starts_with("bomb"), "a bomb");
        email.whole.clone()
    }
}

impl TryFrom<String> for Email {
    type Error = NoEmail;

    fn try_from(whole: String) -> Result<Self, NoEmail> {
        let at = whole.find('@').ok_or(NoEmail)?;
        Ok(Self { at, whole })
    }
}

thread_local! {
    /// How many teams' parts this thread has dropped.
    static DROPPED: Cell<usize> = const { Cell::new(0) };
}

/// What [`Team`] crosses as: a struct, whose drop is counted, and panics if it is told to.
#[ffi]
#[derive(Debug)]
pub struct TeamParts {
    name: String,
    members: Vec<Email>,
}

impl Drop for TeamParts {
    fn drop(&mut self) {
        DROPPED.set(DROPPED.get() + 1);
        assert!(self.name != "late bomb", "a late bomb");
    }
}

/// A team.
#[ffi(as = TeamParts)]
#[derive(Clone, Debug, PartialEq)]
pub struct Team(String, Vec<Email>);

impl From<&Team> for TeamParts {
    fn from(team: &Team) -> Self {
        Self { name: team.0.clone(), members: team.1.clone() }
    }
}

impl From<TeamParts> for Team {
    fn from(parts: TeamParts) -> Self {
        Self(parts.name.clone(), parts.members.clone())
    }
}

/// How much: an enum that crosses as a number.
#[ffi(as = u8)]
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Level {
    /// Not much.
    Low = 10,
    /// Much.
    High = 20,
}

impl From<&Level> for u8 {
    fn from(level: &Level) -> Self {
        *level as Self
    }
}

impl TryFrom<u8> for Level {
    type Error = String;

    fn try_from(number: u8) -> Result<Self, String> {
        [Self::Low, Self::High].into_iter().find(|level| *level as u8 == number).ok_or(format!("no level {number}"))
    }
}

/// Crosses as a type that crosses as another one.
#[ffi(as = Team)]
#[derive(Clone, Debug, PartialEq)]
pub struct Club {
    team: Team,
}

impl From<&Club> for Team {
    fn from(club: &Club) -> Self {
        club.team.clone()
    }
}

impl From<Team> for Club {
    fn from(team: Team) -> Self {
        Self { team }
    }
}

/// One of each.
#[ffi]
#[derive(Clone, Debug, PartialEq)]
pub struct All {
    email: Email,
    other: Option<Email>,
    levels: Vec<Level>,
    club: Club,
}

#[ffi]
fn invite(_app: &Nothing, email: &Email, level: Level) -> Result<Email, String> {
    Ok(Email { whole: format!("{level:?}.{}", email.whole), ..email.clone() })
}

#[ffi]
async fn invite_later(_app: &Nothing, email: Email) -> Result<Team, String> {
    Ok(Team(email.whole.clone(), vec![email]))
}

/// A number is copied to where the caller says.
#[ffi]
fn louder(level: Level) -> Level {
    if level == Level::Low { Level::High } else { level }
}

#[ffi_host]
async fn ask(email: &Email) -> Result<Level, HostError>;

#[ffi_event]
fn on_invited(team: Team);

fn email(whole: &str) -> Email {
    whole.to_owned().try_into().expect("it has an @")
}

const BUDGET: usize = 1 << 20;

fn through<T: Lift>(value: &T, format: Format) -> Result<T, DecodeError> {
    let mut lifted = None;
    // SAFETY: the library wrote it just now.
    to_payload(value, format, &mut |bytes| lifted = Some(unsafe { from_payload(format, bytes, BUDGET) }));
    lifted.expect("it is passed once")
}

#[test]
fn each_comes_back_as_it_was() {
    let team = Team("t".to_owned(), vec![email("a@b"), email("c@d")]);
    let club = Club { team: team.clone() };
    let all = All { email: email("a@b"), other: Some(email("@")), levels: vec![Level::Low, Level::High], club };
    for format in [Format::Native, Format::Cbor] {
        assert_eq!(through(&all, format).as_ref(), Ok(&all));
        assert_eq!(through(&team, format).as_ref(), Ok(&team));
        assert_eq!(through(&all.email, format).as_ref(), Ok(&all.email), "a whole payload");
        assert_eq!(through(&Level::High, format), Ok(Level::High));
    }
}

#[test]
fn what_the_conversion_refuses_is_an_error_with_its_text() {
    let text = Str { data: "ab".as_ptr(), len: 2 };
    // SAFETY: the text is as long as it says.
    let natively = unsafe { Email::lift_arg(text, &mut Reader::new(BUDGET)) };
    assert_eq!(natively.expect_err("no @").to_string(), "an address has an @");
    // SAFETY: CBOR points to nothing.
    let decoded = unsafe { from_payload::<Vec<Level>>(Format::Cbor, &[0x82, 10, 11], BUDGET) };
    assert_eq!(decoded.expect_err("no level").to_string(), "`[1]`: no level 11");
}

unsafe extern "C" {
    safe fn my_app_create(cb: Option<FFICallBack>, ud: *mut c_void, ctx: *mut *mut c_void) -> c_int;
    safe fn my_app_invite_later(ctx: *mut c_void, cb: Option<FFICallBack>, ud: *mut c_void, email: Str) -> c_int;
    safe fn my_app_louder(level: u8, result: *mut u8, error: *mut typed::FFIError) -> c_int;
}

typed::cbor_exports!(my_app_invite = "my_app_invite_cbor", later_cbor = "my_app_invite_later_cbor");

fn invite_natively(ctx: Context, email: &str) -> (c_int, String) {
    let email = Str { data: email.as_ptr(), len: email.len() };
    let said = |ret, payload: &[u8]| if ret == OK { String::new() } else { text(ret, payload) };
    run(said, |cb, ud| my_app_invite_later(ctx.0, cb, ud, email))
}

#[test]
fn requests_take_and_return_them() {
    let ctx = Context::made(|cb, ud, ctx| my_app_create(cb, ud, ctx));
    let args = |email: &str, level: u8| map([("email", email.into()), ("level", level.into())]);
    assert_eq!(run_cbor(my_app_invite, ctx, &args("a@b", 10)), (OK, "Low.a@b".into()));
    assert_eq!(run_cbor(my_app_invite, ctx, &args("ab", 10)), (DECODE, "`email`: an address has an @".into()));
    assert_eq!(run_cbor(my_app_invite, ctx, &args("a@b", 11)), (DECODE, "`level`: no level 11".into()));
    assert_eq!(invite_natively(ctx, "a@b"), (OK, String::new()));
    let mut louder = 0;
    assert_eq!((my_app_louder(10, &raw mut louder, std::ptr::null_mut()), louder), (OK, 20));
    assert_eq!(my_app_louder(11, &raw mut louder, std::ptr::null_mut()), DECODE);
    ctx.destroy();
}

#[test]
fn a_conversion_that_panics_ends_its_request_alone() {
    let ctx = Context::made(|cb, ud, ctx| my_app_create(cb, ud, ctx));
    let bomb = map([("email", "bomb@b".into())]);
    assert_eq!(run_cbor(later_cbor, ctx, &bomb), (PANIC, "a bomb".into()));
    assert_eq!(invite_natively(ctx, "bomb@b"), (PANIC, "a bomb".to_owned()));
    assert_eq!(invite_natively(ctx, "a@b"), (OK, String::new()), "the context goes on");
    ctx.destroy();
}

#[test]
fn what_was_lowered_is_dropped_once_and_contained() {
    let team = |name: &str| Team(name.to_owned(), vec![email("a@b")]);
    let teams = [team("a"), team("late bomb"), team("c")];
    let before = DROPPED.get();
    let mut passed = 0;
    to_payload(&teams, Format::Native, &mut |_| passed = DROPPED.get() - before);
    assert_eq!(passed, 0, "they live as long as what points to them");
    assert_eq!(DROPPED.get() - before, 3);
}

#[test]
fn the_descriptor_says_what_they_are() {
    let library = typed::library();
    let item = library.structs.iter().find(|item| item.name == "All").expect("the library has it");
    let shown: Vec<_> = item.fields.iter().map(|field| field.ty.to_string()).collect();
    assert_eq!(shown.join(" "), "Email Option<Email> Vec<Level> Club");
    let logical = |name: &str, ty| Type::As(Logic::Name(name.to_owned()), Box::new(ty));
    let team = logical("Team", Type::Named("TeamParts".to_owned()));
    assert_eq!(item.fields[3].ty, logical("Club", team));
    assert!(library.structs.iter().all(|item| item.name != "Team"), "what crosses is the representation");
    assert!(library.requests.iter().any(|item| item.name == "louder" && item.direct));
}
