//! Sockets: a reading and a writing thread for each client, an inbox for the logic thread.
//!
//! The logic thread never waits for a socket. A client that does not take what it is sent is dropped; it
//! comes back and is answered from its record. Towards the clients, TCP holds back what has no room: the
//! inbox is bounded, so readers wait.

use std::collections::{HashMap, VecDeque};
use std::io::{self, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, Sender, SyncSender, channel, sync_channel};
use std::thread;
use std::time::Duration;

use resume_core::pool::Handle;

use crate::logic::{Audience, Notice};
use crate::protocol::{Request, Response};
use crate::state::{EVENTS_MAX, Player, Verdict};
use crate::wire::{Frames, put_frame};

/// Batches of requests that readers may have delivered ahead.
const INBOX_BATCHES: usize = 256;
/// Bytes of responses that a client may be behind, beyond what the kernel buffers.
const BEHIND_BYTES_MAX: usize = 4 << 20;

/// Numbers connections; never used twice within one process, never stored in the state.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct ConnectionId(u64);

enum Received {
    Opened(Outbox),
    Requests(Vec<Request>),
    Closed,
}

/// The logic thread's end of all connections.
pub struct Net {
    inbox: Receiver<(ConnectionId, Received)>,
    waiting: VecDeque<(ConnectionId, Request)>,
    connections: HashMap<ConnectionId, Connection>,
    online: HashMap<Handle<Player>, ConnectionId>,
    acknowledge_early: bool,
}

struct Connection {
    outbox: Outbox,
    unsent: Vec<u8>,
    player: Option<Handle<Player>>,
}

/// The way to a writing thread, and how many bytes are on it.
struct Outbox {
    batches: Sender<Vec<u8>>,
    behind_bytes: Arc<AtomicUsize>,
}

impl Outbox {
    /// Hands a batch over; whether the client keeps up.
    fn send(&self, batch: Vec<u8>) -> bool {
        let before = self.behind_bytes.fetch_add(batch.len(), Ordering::Relaxed);
        before + batch.len() <= BEHIND_BYTES_MAX && self.batches.send(batch).is_ok()
    }
}

/// Where reading threads deliver.
pub struct Inbox(SyncSender<(ConnectionId, Received)>);

impl Net {
    /// No connections yet. `acknowledge_early` breaks the promise of an acknowledgement, for a test.
    pub fn new(acknowledge_early: bool) -> (Inbox, Self) {
        let (sender, inbox) = sync_channel(INBOX_BATCHES);
        let net = Self {
            inbox,
            waiting: VecDeque::new(),
            connections: HashMap::new(),
            online: HashMap::new(),
            acknowledge_early,
        };
        (Inbox(sender), net)
    }

    /// Waits until something arrives, at most for `patience`, and takes in what is there.
    pub fn wait(&mut self, patience: Duration) {
        let mut next = if self.waiting.is_empty() {
            self.inbox.recv_timeout(patience).ok()
        } else {
            self.inbox.try_recv().ok()
        };
        while let Some((connection, received)) = next {
            self.take_in(connection, received);
            next = if self.waiting.len() < EVENTS_MAX { self.inbox.try_recv().ok() } else { None };
        }
    }

    fn take_in(&mut self, id: ConnectionId, received: Received) {
        match received {
            Received::Opened(outbox) => {
                self.connections.insert(id, Connection { outbox, unsent: Vec::new(), player: None });
            }
            Received::Requests(requests) => {
                for request in &requests {
                    if let (true, &Request::Do { sequence, .. }) = (self.acknowledge_early, request) {
                        self.send(id, &Response::Settled { sequence, verdict: Verdict::Applied });
                    }
                }
                self.waiting.extend(requests.into_iter().map(|request| (id, request)));
            }
            Received::Closed => self.close(id),
        }
    }

    /// The request that has waited longest.
    pub fn next_request(&mut self) -> Option<(ConnectionId, Request)> {
        self.waiting.pop_front()
    }

    /// Who plays over a connection.
    pub fn player(&self, id: ConnectionId) -> Option<Handle<Player>> {
        self.connections.get(&id)?.player
    }

    /// From now on `player` plays over this connection, and over no other.
    pub fn bind(&mut self, id: ConnectionId, player: Handle<Player>) {
        if let Some(connection) = self.connections.get_mut(&id) {
            connection.player = Some(player);
            if let Some(before) = self.online.insert(player, id).filter(|before| *before != id) {
                self.close(before);
            }
        }
    }

    /// Sends, at the next flush, over a connection that is still there.
    pub fn send(&mut self, id: ConnectionId, response: &Response) {
        if let Some(connection) = self.connections.get_mut(&id) {
            put_frame(response, &mut connection.unsent);
        }
    }

    /// Sends to a player who is online.
    pub fn send_to(&mut self, player: Handle<Player>, response: &Response) {
        if let Some(&id) = self.online.get(&player) {
            self.send(id, response);
        }
    }

    /// Tells the client why, and closes.
    pub fn reject(&mut self, id: ConnectionId, reason: impl Into<String>) {
        self.send(id, &Response::Rejected { reason: reason.into() });
        if let Some(connection) = self.connections.get_mut(&id) {
            connection.outbox.send(std::mem::take(&mut connection.unsent));
        }
        self.close(id);
    }

    /// Hands what was sent to the writing threads.
    pub fn flush(&mut self) {
        let mut behind = Vec::new();
        for (id, connection) in self.connections.iter_mut().filter(|(_, c)| !c.unsent.is_empty()) {
            if !connection.outbox.send(std::mem::take(&mut connection.unsent)) {
                behind.push(*id);
            }
        }
        behind.into_iter().for_each(|id| self.close(id));
    }

    /// Lets go of the outbox; the writing thread then closes the socket, the reading thread sees that.
    fn close(&mut self, id: ConnectionId) {
        let player = self.connections.remove(&id).and_then(|connection| connection.player);
        if let Some(player) = player
            && self.online.get(&player) == Some(&id)
        {
            self.online.remove(&player);
        }
    }
}

impl Audience for Net {
    fn verdict(&mut self, player: Handle<Player>, sequence: u64, verdict: Verdict) {
        self.send_to(player, &Response::Settled { sequence, verdict });
    }

    fn notice(&mut self, notice: Notice) {
        self.send_to(notice.player, &Response::Noticed { incident: notice.what });
    }
}

/// Accepts clients from now on, in threads of its own.
///
/// # Errors
/// No thread can be had.
pub(super) fn accept(listener: TcpListener, inbox: Inbox) -> io::Result<()> {
    let accept = move || {
        for (number, stream) in listener.incoming().enumerate() {
            // A client that is gone already, or one too many for this process: the others go on.
            let _ = stream.and_then(|stream| open(stream, ConnectionId(number as u64), &inbox));
        }
    };
    thread::Builder::new().name("accept".into()).spawn(accept).map(drop)
}

fn open(stream: TcpStream, id: ConnectionId, inbox: &Inbox) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let (mut writing, inbox) = (stream.try_clone()?, inbox.0.clone());
    let (sender, batches) = channel::<Vec<u8>>();
    let behind_bytes = Arc::new(AtomicUsize::new(0));
    let outbox = Outbox { batches: sender, behind_bytes: Arc::clone(&behind_bytes) };

    let write = move || {
        // Ends when the client is gone or the logic thread has let go of the outbox.
        for batch in batches {
            if writing.write_all(&batch).is_err() {
                break;
            }
            behind_bytes.fetch_sub(batch.len(), Ordering::Relaxed);
        }
        let _ = writing.shutdown(Shutdown::Both);
    };
    let read = move || {
        if inbox.send((id, Received::Opened(outbox))).is_err() {
            return;
        }
        let mut frames = Frames::new(stream);
        while let Ok(requests) = frames.read_batch()
            && !requests.is_empty()
        {
            if inbox.send((id, Received::Requests(requests))).is_err() {
                return;
            }
        }
        let _ = inbox.send((id, Received::Closed));
    };
    thread::Builder::new().name("write".into()).spawn(write)?;
    thread::Builder::new().name("read".into()).spawn(read).map(drop)
}
