//! Servers on loopback that are not quite PostgreSQL: one that hangs, one that is too old, one that is another product.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};

/// What the server does with a client.
#[derive(Clone)]
pub(crate) enum Manner {
    /// Accepts and says nothing, for ever.
    Hangs,
    /// Lets everybody in and reports these parameters; refuses every query.
    Reports(Vec<(&'static str, &'static str)>, &'static str),
    /// Refuses the start-up packet while it holds an application name, as a strict pooler does; then closes.
    RefusesParameters,
    /// Answers in HTTP.
    Http,
}

/// Starts one on a free port; it lives as long as the test process.
pub(crate) fn start(manner: Manner) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let port = listener.local_addr().expect("an address").port();
    std::thread::spawn(move || {
        let mut kept = Vec::new();
        for client in listener.incoming().flatten() {
            if matches!(manner, Manner::Hangs) {
                kept.push(client);
                continue;
            }
            let manner = manner.clone();
            std::thread::spawn(move || serve(client, &manner));
        }
    });
    port
}

fn serve(mut client: TcpStream, manner: &Manner) -> Option<()> {
    if matches!(manner, Manner::Http) {
        let mut first = [0u8; 8];
        client.read_exact(&mut first).ok()?;
        return client.write_all(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n").ok();
    }
    let mut startup = read_startup(&mut client)?;
    while startup.len() == 4 && startup[..] == 80_877_103u32.to_be_bytes() {
        client.write_all(b"N").ok()?;
        startup = read_startup(&mut client)?;
    }
    let text = String::from_utf8_lossy(&startup).into_owned();
    let (parameters, version) = match manner {
        Manner::RefusesParameters if text.contains("application_name") => {
            return client.write_all(&error("08P01", "unsupported startup parameter: application_name")).ok();
        }
        Manner::RefusesParameters => (vec![("server_version", "9.6.24")], ""),
        Manner::Reports(parameters, version) => (parameters.clone(), *version),
        Manner::Hangs | Manner::Http => return None,
    };
    let mut hello = message(b'R', &0u32.to_be_bytes());
    for (name, value) in parameters {
        hello.extend(message(b'S', format!("{name}\0{value}\0").as_bytes()));
    }
    hello.extend(message(b'K', &[0, 0, 0, 1, 0, 0, 0, 1]));
    hello.extend(message(b'Z', b"I"));
    client.write_all(&hello).ok()?;
    loop {
        let mut head = [0u8; 5];
        client.read_exact(&mut head).ok()?;
        let length = u32::from_be_bytes([head[1], head[2], head[3], head[4]]) as usize;
        let mut body = vec![0u8; length.checked_sub(4)?];
        client.read_exact(&mut body).ok()?;
        match head[0] {
            b'Q' => {
                let query = String::from_utf8_lossy(&body).to_lowercase();
                let mut answer =
                    if query.contains("version()") && !version.is_empty() { row(version) } else { error("0A000", "unimplemented") };
                answer.extend(message(b'Z', b"I"));
                client.write_all(&answer).ok()?;
            }
            b'X' => return Some(()),
            _ => client.write_all(&error("0A000", "unimplemented")).ok()?,
        }
    }
}

fn read_startup(client: &mut TcpStream) -> Option<Vec<u8>> {
    let mut length = [0u8; 4];
    client.read_exact(&mut length).ok()?;
    let mut body = vec![0u8; (u32::from_be_bytes(length) as usize).checked_sub(4)?];
    client.read_exact(&mut body).ok()?;
    Some(body)
}

fn message(kind: u8, body: &[u8]) -> Vec<u8> {
    let mut bytes = vec![kind];
    bytes.extend(u32::try_from(body.len() + 4).expect("short").to_be_bytes());
    bytes.extend_from_slice(body);
    bytes
}

fn error(code: &str, text: &str) -> Vec<u8> {
    message(b'E', format!("SERROR\0VERROR\0C{code}\0M{text}\0\0").as_bytes())
}

fn row(text: &str) -> Vec<u8> {
    let mut description = vec![0, 1];
    description.extend(b"version\0");
    description.extend([0, 0, 0, 0, 0, 0, 0, 0, 0, 25, 255, 255, 255, 255, 255, 255, 0, 0]);
    let mut data = vec![0, 1];
    data.extend(u32::try_from(text.len()).expect("short").to_be_bytes());
    data.extend(text.as_bytes());
    let mut bytes = message(b'T', &description);
    bytes.extend(message(b'D', &data));
    bytes.extend(message(b'C', b"SELECT 1\0"));
    bytes
}
