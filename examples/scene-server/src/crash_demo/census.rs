//! Asks a live server for the sums over its state, as a client of its own.

use std::io::{self, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::time::Duration;

use crate::logic::census::Census;
use crate::protocol::{Request, Response};
use crate::wire::{Frames, put_frame};

const PATIENCE: Duration = Duration::from_secs(10);

/// Asks.
///
/// # Errors
/// The server does not answer.
pub(super) fn ask(port: u16) -> io::Result<Census> {
    let mut stream = TcpStream::connect_timeout(&SocketAddr::from((Ipv4Addr::LOCALHOST, port)), PATIENCE)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    let mut request = Vec::new();
    put_frame(&Request::Count, &mut request);
    stream.write_all(&request)?;
    match Frames::new(stream).read_batch()?.pop() {
        Some(Response::Counted { census }) => Ok(census),
        other => Err(io::Error::other(format!("expected the sums, found {other:?}"))),
    }
}
