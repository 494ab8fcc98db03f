//! The database of users.

use crate::abi::{LOGIN_ROLE_ADMIN, LOGIN_ROLE_EDITOR, LOGIN_ROLE_READER};
use rusqlite::types::{FromSql, FromSqlError, FromSqlResult, ValueRef};
use rusqlite::{Connection, ErrorCode, OpenFlags, OptionalExtension, Row, Transaction, TransactionBehavior};
use std::path::{Path, PathBuf};
use std::time::Duration;
use std::{env, fs, io};

/// The users that a new database starts with: user, name, e-mail address, role.
const FIRST_PROFILES: [[&str; 4]; 4] = [
    ["alice", "Alice Liddell", "alice@wonderland.example", "editor"],
    ["bob", "Bob the Lizard", "bob@wonderland.example", "reader"],
    ["carol", "Carol Carroll", "carol@wonderland.example", "reader"],
    ["queen", "The Queen of Hearts", "queen@wonderland.example", "admin"],
];

const SCHEMA: &str = "CREATE TABLE profiles (
    user TEXT PRIMARY KEY NOT NULL, name TEXT NOT NULL, email TEXT NOT NULL, role TEXT NOT NULL
) STRICT";

/// What the database has of a user.
pub(crate) struct Profile {
    pub(crate) name: String,
    pub(crate) email: String,
    pub(crate) role: Role,
}

/// One of `LOGIN_ROLE_…`.
pub(crate) struct Role(pub(crate) i32);

impl FromSql for Role {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        match value.as_str()? {
            "reader" => Ok(Self(LOGIN_ROLE_READER)),
            "editor" => Ok(Self(LOGIN_ROLE_EDITOR)),
            "admin" => Ok(Self(LOGIN_ROLE_ADMIN)),
            other => Err(FromSqlError::Other(format!("there is no role {other:?}").into())),
        }
    }
}

/// A connection to the database. Every thread that answers has its own.
pub(crate) struct Profiles(Connection);

/// The database cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("cannot use {} as the database of profiles: {reason}; {advice}", path.display())]
pub(crate) struct Unusable {
    path: PathBuf,
    reason: String,
    advice: &'static str,
}

impl Unusable {
    fn new(path: &Path, error: &OpenError) -> Self {
        Self { path: path.to_owned(), reason: error.to_string(), advice: error.advice() }
    }

    /// There is nobody to log in.
    pub(crate) fn no_profiles(path: &Path) -> Self {
        Self { path: path.to_owned(), reason: "it holds none".to_owned(), advice: "say which users to log in" }
    }
}

/// Why the database cannot be used.
#[derive(Debug, thiserror::Error)]
enum OpenError {
    #[error(transparent)]
    Sqlite(#[from] rusqlite::Error),
    #[error("its folder cannot be made: {0}")]
    Folder(#[from] io::Error),
    #[error("it is a database of something else")]
    Foreign,
}

impl OpenError {
    fn advice(&self) -> &'static str {
        match self {
            Self::Sqlite(error) => match error.sqlite_error_code() {
                Some(ErrorCode::NotADatabase | ErrorCode::DatabaseCorrupt) => {
                    "name another file with --db, or remove this one, and it is made anew"
                }
                Some(ErrorCode::DatabaseBusy) => "try again when the program that uses it is done",
                _ => "name a file with --db that can be read and written",
            },
            Self::Folder(_) => "name a file with --db that can be read and written",
            Self::Foreign => "name another file with --db",
        }
    }
}

/// Where the database is when nobody says otherwise: in the user's own folder for things that can be made anew.
pub(crate) fn default_path() -> PathBuf {
    let of_variable = |name| env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute());
    let folder = of_variable("XDG_CACHE_HOME")
        .or_else(|| of_variable("LOCALAPPDATA"))
        .or_else(|| env::home_dir().filter(|home| home.is_absolute()).map(|home| home.join(".cache")))
        .unwrap_or_else(env::temp_dir);
    folder.join("ffihost-login").join("profiles.db")
}

impl Profiles {
    /// Opens the database; one that is not there yet is made, with a few profiles.
    pub(crate) fn open(path: &Path) -> Result<Self, Unusable> {
        Self::try_open(path).map_err(|error| Unusable::new(path, &error))
    }

    fn try_open(path: &Path) -> Result<Self, OpenError> {
        if let Some(folder) = path.parent().filter(|_| path == default_path()) {
            fs::create_dir_all(folder)?;
        }
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let mut connection = Connection::open_with_flags(path, flags)?;
        connection.busy_timeout(Duration::from_secs(5))?;
        if tables(&connection)?.is_empty() {
            // Several programs may find it empty at once; the lock that this takes lets one of them fill it.
            fill(&connection.transaction_with_behavior(TransactionBehavior::Immediate)?)?;
        }
        if !tables(&connection)?.iter().any(|table| table == "profiles") {
            return Err(OpenError::Foreign);
        }
        Ok(Self(connection))
    }

    /// Everybody who has a profile.
    pub(crate) fn users(&self) -> Result<Vec<String>, Unusable> {
        let users = self
            .0
            .prepare("SELECT user FROM profiles ORDER BY user")
            .and_then(|mut users| users.query_map((), |row| row.get(0))?.collect());
        users.map_err(|error| Unusable::new(Path::new(self.0.path().unwrap_or_default()), &OpenError::Sqlite(error)))
    }

    /// The profile of a user, if there is one.
    pub(crate) fn find(&self, user: &str) -> rusqlite::Result<Option<Profile>> {
        let mut profile = self.0.prepare_cached("SELECT name, email, role FROM profiles WHERE user = ?1")?;
        let read = |row: &Row<'_>| Ok(Profile { name: row.get(0)?, email: row.get(1)?, role: row.get(2)? });
        profile.query_row([user], read).optional()
    }
}

fn tables(connection: &Connection) -> rusqlite::Result<Vec<String>> {
    connection
        .prepare("SELECT name FROM sqlite_schema WHERE type = 'table'")?
        .query_map((), |row| row.get(0))?
        .collect()
}

fn fill(transaction: &Transaction<'_>) -> rusqlite::Result<()> {
    if tables(transaction)?.is_empty() {
        transaction.execute(SCHEMA, ())?;
        for profile in FIRST_PROFILES {
            transaction.execute("INSERT INTO profiles VALUES (?1, ?2, ?3, ?4)", profile)?;
        }
    }
    transaction.execute_batch("COMMIT")
}
