//! TLS to Postgres, in libpq's own terms: `sslmode` and `sslrootcert`.

use super::error::{Error, Result};
use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{self, CryptoProvider, WebPkiSupportedAlgorithms};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{CertificateError, ClientConfig, DigitallySignedStruct, RootCertStore, SignatureScheme};
use std::path::PathBuf;
use std::sync::Arc;
use tokio_postgres_rustls::MakeRustlsConnect;

/// How far the server is trusted.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Mode {
    Disable,
    /// TLS where the server offers it.
    Prefer,
    /// TLS, against listeners only: the certificate is not looked at, unless
    /// there is an authority to hold it against.
    Require,
    /// The certificate is of our authority, whatever its name.
    VerifyCa,
    /// And it is the host's.
    VerifyFull,
}

/// The TLS that a database URL asks for.
#[derive(Debug)]
pub(super) struct Wanted {
    mode: Mode,
    /// A PEM file of authorities; the machine's own without it.
    roots: Option<PathBuf>,
}

impl Wanted {
    /// Takes what is about TLS out of a URL: the driver knows less of it.
    pub(super) fn split(url: &str) -> Result<(String, Self)> {
        let mut wanted = Self { mode: Mode::Prefer, roots: None };
        let Some((head, query)) = url.split_once('?') else { return Ok((url.to_owned(), wanted)) };
        let mut rest = Vec::new();
        for pair in query.split('&').filter(|pair| !pair.is_empty()) {
            match pair.split_once('=') {
                Some(("sslmode", mode)) => wanted.mode = Mode::parse(mode)?,
                Some(("sslrootcert", "system")) => wanted.mode = Mode::VerifyFull,
                Some(("sslrootcert", _)) => {
                    let decoded = url::form_urlencoded::parse(pair.as_bytes()).next();
                    wanted.roots = decoded.map(|(_, path)| PathBuf::from(path.into_owned()));
                }
                _ => rest.push(pair),
            }
        }
        let url = if rest.is_empty() { head.to_owned() } else { format!("{head}?{}", rest.join("&")) };
        Ok((url, wanted))
    }

    pub(super) fn required(&self) -> bool {
        !matches!(self.mode, Mode::Disable | Mode::Prefer)
    }

    /// What makes such connections.
    pub(super) fn connector(&self) -> Result<Option<MakeRustlsConnect>> {
        if self.mode == Mode::Disable {
            return Ok(None);
        }
        let provider = Arc::new(crypto::ring::default_provider());
        let builder = ClientConfig::builder_with_provider(Arc::clone(&provider))
            .with_safe_default_protocol_versions()
            .map_err(Error::internal)?;
        let verifier = self.verifier(&provider)?;
        let config = builder.dangerous().with_custom_certificate_verifier(verifier).with_no_client_auth();
        Ok(Some(MakeRustlsConnect::new(config)))
    }

    fn verifier(&self, provider: &Arc<CryptoProvider>) -> Result<Arc<dyn ServerCertVerifier>> {
        let chain: Option<Arc<dyn ServerCertVerifier>> = match (self.mode, &self.roots) {
            (Mode::Disable | Mode::Prefer | Mode::Require, None) => None,
            (_, Some(file)) => Some(of_file(file, provider)?),
            (_, None) => {
                let system = rustls_platform_verifier::Verifier::new(Arc::clone(provider));
                Some(Arc::new(system.map_err(Error::internal)?))
            }
        };
        match chain {
            Some(chain) if self.mode == Mode::VerifyFull => Ok(chain),
            chain => {
                let algorithms = provider.signature_verification_algorithms;
                Ok(Arc::new(AnyName { chain, algorithms }))
            }
        }
    }
}

impl Mode {
    fn parse(text: &str) -> Result<Self> {
        Ok(match text {
            "disable" => Self::Disable,
            "prefer" | "allow" => Self::Prefer,
            "require" => Self::Require,
            "verify-ca" => Self::VerifyCa,
            "verify-full" => Self::VerifyFull,
            other => {
                return Err(Error::invalid(
                    "database-url",
                    format!(
                        "sslmode=‘{other}’ is not one of disable, prefer, require, verify-ca, verify-full."
                    ),
                ));
            }
        })
    }
}

fn of_file(file: &PathBuf, provider: &Arc<CryptoProvider>) -> Result<Arc<WebPkiServerVerifier>> {
    let wrong = |e: &dyn std::fmt::Display| {
        Error::invalid(
            "database-url",
            format!("sslrootcert {} holds no certificates in PEM form: {e}", file.display()),
        )
    };
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_file_iter(file).map_err(|e| wrong(&e))? {
        roots.add(certificate.map_err(|e| wrong(&e))?).map_err(|e| wrong(&e))?;
    }
    WebPkiServerVerifier::builder_with_provider(Arc::new(roots), Arc::clone(provider))
        .build()
        .map_err(|e| wrong(&e))
}

/// Accepts any name: of certificates of our authority, or of all where there
/// is none to ask.
#[derive(Debug)]
struct AnyName {
    chain: Option<Arc<dyn ServerCertVerifier>>,
    algorithms: WebPkiSupportedAlgorithms,
}

impl ServerCertVerifier for AnyName {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        ocsp: &[u8],
        now: UnixTime,
    ) -> std::result::Result<ServerCertVerified, rustls::Error> {
        let Some(chain) = &self.chain else { return Ok(ServerCertVerified::assertion()) };
        match chain.verify_server_cert(end_entity, intermediates, name, ocsp, now) {
            Err(rustls::Error::InvalidCertificate(
                CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. },
            )) => Ok(ServerCertVerified::assertion()),
            verified => verified,
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> std::result::Result<HandshakeSignatureValid, rustls::Error> {
        crypto::verify_tls12_signature(message, certificate, signature, &self.algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> std::result::Result<HandshakeSignatureValid, rustls::Error> {
        crypto::verify_tls13_signature(message, certificate, signature, &self.algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.algorithms.supported_schemes()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_about_tls_is_taken_out_of_the_url() {
        let url = "postgres://a:b@db/w?connect_timeout=3&sslmode=verify-full&sslrootcert=/etc/my%20ca.pem";
        let (rest, wanted) = Wanted::split(url).unwrap();
        assert_eq!(rest, "postgres://a:b@db/w?connect_timeout=3");
        assert_eq!((wanted.mode, wanted.roots), (Mode::VerifyFull, Some("/etc/my ca.pem".into())));
        let (rest, wanted) = Wanted::split("postgres://a@db/w?sslmode=require").unwrap();
        assert_eq!((rest.as_str(), wanted.mode), ("postgres://a@db/w", Mode::Require));
        assert!(Wanted::split("postgres://a@db/w").unwrap().1.mode == Mode::Prefer);
        assert!(Wanted::split("postgres://a@db/w?sslmode=on").is_err());
    }
}
