//! The three entry points of the state: start, resume, tick.

use resume_core::container::StaticString;
use resume_core::pool::Handle;
use resume_core::root::Context;
use resume_core::root::{Resumed, Root};

use super::net::{ConnectionId, Net};
use crate::logic::{Rules, buffs, census, events, join};
use crate::protocol::{Report, Request, Response};
use crate::state::{Event, Player, SceneServer};

/// What belongs to this process and not to the state: configuration and sockets (R7).
pub struct Env {
    /// The configuration.
    pub rules: Rules,
    /// The sockets.
    pub net: Net,
}

impl Root for SceneServer {
    type Env = Env;

    fn start(&mut self, _env: &mut Env, _cx: &Context) {
        join::make_scenes(self);
    }

    fn resume(&mut self, _env: &mut Env, cx: &Context, _how: &Resumed) {
        join::make_scenes(self);
        events::set_aside(self, cx);
    }

    fn tick(&mut self, env: &mut Env, cx: &Context) {
        buffs::expire(self, cx, &mut env.net);
        take_requests(self, env, cx);
        events::run(self, &env.rules, cx, &mut env.net);
        env.net.flush();
    }
}

/// Answers questions, and queues commands while there is room; the others go on waiting.
fn take_requests(root: &mut SceneServer, env: &mut Env, cx: &Context) {
    while root.events.len() < root.events.capacity()
        && let Some((from, request)) = env.net.next_request()
    {
        if let Err(reason) = take_request(root, &mut env.net, cx, from, request) {
            env.net.reject(from, reason);
        }
    }
}

fn take_request(
    root: &mut SceneServer,
    net: &mut Net,
    cx: &Context,
    from: ConnectionId,
    request: Request,
) -> Result<(), String> {
    match request {
        Request::Join { name } => {
            let name = StaticString::try_from(name.as_str()).map_err(|e| format!("bad name: {e}"))?;
            let player = join::join(root, &name).map_err(|refusal| format!("cannot join: {refusal:?}"))?;
            let settled = root.players.get(player).map_or(0, |p| p.session.settled);
            net.bind(from, player);
            net.send(from, &Response::Welcome { player, settled });
        }
        Request::Do { sequence, command } => {
            let player = net.player(from).ok_or("join before the first command")?;
            let event = Event { player, sequence, command };
            root.events.push(event).map_err(|_| "the queue is full")?;
        }
        Request::Inspect => {
            let player = net.player(from).ok_or("join before you ask for your player")?;
            let report = report(root, player, cx).ok_or("your player is gone")?;
            net.send(from, &Response::Inspected { report });
        }
        Request::Count => net.send(from, &Response::Counted { census: census::census(root) }),
    }
    Ok(())
}

/// What the state says of a player.
fn report(root: &SceneServer, player: Handle<Player>, cx: &Context) -> Option<Report> {
    let Player { session, audit, position, buffs, .. } = root.players.get(player)?;
    let kept = audit.expired.min(audit.expiries.len() as u64) as usize;
    Some(Report {
        settled: session.settled,
        applied: audit.applied,
        chain: audit.chain,
        position: *position,
        buffs: buffs.iter().map(|buff| [buff.sequence, buff.expires_at.as_nanos()]).collect(),
        expired: audit.expired,
        expiries: audit.expiries[..kept].to_vec(),
        now: cx.now(),
    })
}
