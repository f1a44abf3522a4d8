//! A proxy before an HTTP server that does to requests what networks and
//! overloaded servers do. One request a connection.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// What happens to a request.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Fault {
    /// The server answers with an error at once.
    Status(u16),
    /// The connection is reset before the request is read.
    Reset,
    /// The server did what was asked; the answer is lost.
    LostAnswer,
    /// The server did what was asked; the answer does not come, and nothing ends.
    Silence,
    /// The connection is reset in the middle of the request's body.
    TornRequest,
    /// The connection is reset in the middle of the answer's body.
    TornAnswer,
    /// A byte of the answer's body is another one.
    Corrupt,
    /// The answer's body comes in small pieces.
    Trickle,
}

#[derive(Default)]
struct Plan {
    next: VecDeque<(&'static str, Fault)>,
    always: Vec<(&'static str, Fault)>,
    met: u32,
}

/// A running proxy; ends when dropped.
pub struct Proxy {
    /// `127.0.0.1:PORT`
    pub address: String,
    plan: Arc<Mutex<Plan>>,
    task: tokio::task::JoinHandle<()>,
}

impl Proxy {
    pub async fn before(upstream: &'static str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let plan = Arc::new(Mutex::new(Plan::default()));
        let faults = Arc::clone(&plan);
        let task = tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let plan = Arc::clone(&faults);
                // Who goes away early is what this is about.
                tokio::spawn(async move {
                    let _ = serve(client, upstream, &plan).await;
                });
            }
        });
        Self { address, plan, task }
    }

    /// The next requests with a method meet these, in order.
    pub fn next(&self, method: &'static str, faults: &[Fault]) {
        self.plan.lock().unwrap().next.extend(faults.iter().map(|fault| (method, *fault)));
    }

    /// Every request with a method meets this, until [`Proxy::heal`].
    pub fn always(&self, method: &'static str, fault: Fault) {
        self.plan.lock().unwrap().always.push((method, fault));
    }

    /// From now on everything works.
    pub fn heal(&self) {
        let mut plan = self.plan.lock().unwrap();
        plan.next.clear();
        plan.always.clear();
    }

    /// How many faults were met since last asked.
    pub fn met(&self) -> u32 {
        std::mem::take(&mut self.plan.lock().unwrap().met)
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Plan {
    fn fault(&mut self, method: &str) -> Option<Fault> {
        let planned = self.next.iter().position(|(of, _)| *of == method);
        let fault = match planned.and_then(|at| self.next.remove(at)) {
            Some((_, fault)) => Some(fault),
            None => self.always.iter().find(|(of, _)| *of == method).map(|(_, fault)| *fault),
        };
        self.met += u32::from(fault.is_some());
        fault
    }
}

async fn serve(mut client: TcpStream, upstream: &str, plan: &Mutex<Plan>) -> std::io::Result<()> {
    let (head, mut body) = read_head(&mut client).await?;
    let method = head.split(' ').next().unwrap_or_default();
    let length: usize = header(&head, "content-length").and_then(|value| value.parse().ok()).unwrap_or(0);
    let fault = plan.lock().unwrap().fault(method);
    let torn = matches!(fault, Some(Fault::TornRequest));
    let wanted = if torn { length / 2 } else { length };
    let mut block = vec![0; 64 << 10];
    while fault != Some(Fault::Reset) && body.len() < wanted {
        let read = client.read(&mut block).await?;
        if read == 0 {
            return Ok(());
        }
        body.extend_from_slice(&block[..read]);
    }
    match fault {
        Some(Fault::Reset | Fault::TornRequest) => return reset(&client),
        Some(Fault::Status(status)) => {
            let error = "<?xml version=\"1.0\"?><Error><Code>SlowDown</Code><Message>Please reduce your request rate.</Message></Error>";
            let answer = format!(
                "HTTP/1.1 {status} Trouble\r\nContent-Type: application/xml\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{error}",
                error.len()
            );
            return client.write_all(answer.as_bytes()).await;
        }
        _ => {}
    }
    let answer = forward(upstream, &head, &body).await?;
    give(&mut client, answer, fault).await
}

/// Hands the answer on, as the fault has it.
async fn give(client: &mut TcpStream, mut answer: Vec<u8>, fault: Option<Fault>) -> std::io::Result<()> {
    let body = answer.windows(4).position(|four| four == b"\r\n\r\n").map_or(answer.len(), |at| at + 4);
    let middle = body + (answer.len() - body) / 2;
    match fault {
        Some(Fault::LostAnswer) => reset(client),
        Some(Fault::Silence) => {
            tokio::time::sleep(Duration::from_secs(600)).await;
            Ok(())
        }
        Some(Fault::TornAnswer) => {
            client.write_all(&answer[..middle]).await?;
            client.flush().await?;
            // What was written arrives before the reset does.
            tokio::time::sleep(Duration::from_millis(50)).await;
            reset(client)
        }
        Some(Fault::Trickle) => {
            client.write_all(&answer[..body]).await?;
            for piece in answer[body..].chunks((answer.len() - body).div_ceil(20).max(1)) {
                client.write_all(piece).await?;
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
            Ok(())
        }
        _ => {
            if fault == Some(Fault::Corrupt) && middle < answer.len() {
                answer[middle] ^= 1;
            }
            client.write_all(&answer).await
        }
    }
}

async fn forward(upstream: &str, head: &str, body: &[u8]) -> std::io::Result<Vec<u8>> {
    let mut server = TcpStream::connect(upstream).await?;
    let head = head.replacen("\r\n", "\r\nConnection: close\r\n", 1);
    server.write_all(head.as_bytes()).await?;
    server.write_all(body).await?;
    let mut answer = Vec::new();
    server.read_to_end(&mut answer).await?;
    Ok(answer)
}

/// The request's line and headers, and what came of its body with them.
async fn read_head(client: &mut TcpStream) -> std::io::Result<(String, Vec<u8>)> {
    let mut bytes = Vec::new();
    loop {
        if let Some(at) = bytes.windows(4).position(|four| four == b"\r\n\r\n") {
            let body = bytes.split_off(at + 4);
            return Ok((String::from_utf8_lossy(&bytes).into_owned(), body));
        }
        let mut block = [0; 4096];
        let read = client.read(&mut block).await?;
        if read == 0 {
            return Err(std::io::ErrorKind::UnexpectedEof.into());
        }
        bytes.extend_from_slice(&block[..read]);
    }
}

fn header<'a>(head: &'a str, name: &str) -> Option<&'a str> {
    let mut lines = head.lines().filter_map(|line| line.split_once(':'));
    lines.find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value.trim())
}

fn reset(client: &TcpStream) -> std::io::Result<()> {
    client.set_zero_linger()
}
