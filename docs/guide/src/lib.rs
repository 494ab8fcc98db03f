// ANCHOR: head
//! Says what to wear. What the weather is, only the host knows.

use ffihost::{HostError, ffi, ffi_host};

ffihost::library!("weather", Weather);

/// One instance of the library. A host may create several.
pub struct Weather {
    cold_below: f64,
}
// ANCHOR_END: head

// ANCHOR: types
/// The weather at a place.
#[ffi]
#[derive(Clone, Debug, PartialEq)]
pub struct Conditions {
    /// The temperature, in degrees Celsius.
    pub celsius: f64,
    /// Whether it rains.
    pub rain: bool,
}

/// Why there is no advice.
#[ffi(error)]
#[derive(Debug, PartialEq)]
pub enum AdviceError {
    /// The host knows no such city.
    UnknownCity,
    /// The host could not be asked, or did not answer; this says why.
    NoAnswer(String),
}

impl From<HostError> for AdviceError {
    fn from(error: HostError) -> Self {
        Self::NoAnswer(error.to_string())
    }
}
// ANCHOR_END: types

// ANCHOR: functions
/// Looks the weather up. The host implements this, and may take its time.
#[ffi_host(deadline = "5s")]
async fn fetch_conditions(city: &str) -> Result<Conditions, AdviceError>;

/// Makes an instance.
#[ffi(constructor)]
pub async fn create(
    /// The temperature below which people want a coat.
    cold_below: f64,
) -> Result<Weather, AdviceError> {
    Ok(Weather { cold_below })
}

/// Says what to wear in a city.
#[ffi]
pub async fn advise(weather: &Weather, city: String) -> Result<String, AdviceError> {
    let now = fetch_conditions(&city).await?;
    let coat = if now.celsius < weather.cold_below { "a coat" } else { "no coat" };
    let umbrella = if now.rain { "an umbrella" } else { "no umbrella" };
    Ok(format!("{city}: {coat}, {umbrella}"))
}
// ANCHOR_END: functions

// ANCHOR: tests
#[cfg(test)]
mod tests {
    use super::*;
    use futures::executor::block_on;

    fn ask(city: &str) -> Result<String, AdviceError> {
        let weather = Weather { cold_below: 10.0 };
        block_on(advise(&weather, city.to_owned()))
    }

    #[test]
    fn says_what_to_wear() {
        let _host = fetch_conditions::implement(|_city: String| async { Ok(Conditions { celsius: 4.0, rain: false }) });
        assert_eq!(ask("Bergen"), Ok("Bergen: a coat, no umbrella".to_owned()));
    }

    #[test]
    fn passes_on_that_a_city_is_unknown() {
        let _host = fetch_conditions::implement(|_city: String| async { Err(AdviceError::UnknownCity) });
        assert_eq!(ask("Atlantis"), Err(AdviceError::UnknownCity));
    }
}
// ANCHOR_END: tests
