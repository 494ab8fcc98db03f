//! The next version of the library, for `ffihost diff`: the wind is new, and so is a request.

use ffihost::{HostError, ffi, ffi_host};

ffihost::library!("weather", Weather);

/// One instance of the library. A host may create several.
pub struct Weather {
    cold_below: f64,
}

/// The weather at a place.
#[ffi]
#[derive(Clone, Debug, PartialEq)]
pub struct Conditions {
    /// The temperature, in degrees Celsius.
    pub celsius: f64,
    /// Whether it rains.
    pub rain: bool,
    /// The wind, in metres per second.
    pub wind: Option<f64>,
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

/// The temperature below which people want a coat.
#[ffi]
pub fn cold_below(weather: &Weather) -> f64 {
    weather.cold_below
}
