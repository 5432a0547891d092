//! The benchmark's work by rtnetlink: a command a line is read, and answered with a line of JSON.

use futures::stream::{iter, StreamExt, TryStreamExt};
use rtnetlink::packet::nlas::neighbour::Nla;
use rtnetlink::packet::{
    LinkMessage, NeighbourMessage, NetlinkMessage, NetlinkPayload, RtnlMessage, AF_BRIDGE, NLM_F_ACK, NLM_F_DUMP,
    NLM_F_REQUEST,
};
use rtnetlink::Handle;
use std::error::Error;
use std::io::{stdin, stdout, BufRead, Write};
use std::os::unix::io::AsRawFd;
use std::time::Instant;

type Outcome<T> = Result<T, Box<dyn Error>>;

/// What an answer says beside the time.
enum Said {
    Nothing,
    Each(Vec<f64>),
    Count(usize),
    Unsupported(&'static str),
}

#[repr(C)]
struct InterfaceRequest {
    name: [u8; 16],
    flags: libc::c_short,
    rest: [u8; 22],
}

/// Requests under way at once: what the kernel says of a link is some 5 KB of a socket's buffer, which has 208 KB.
const MOST_UNDER_WAY: usize = 32;

const IFF_TAP_NO_PI: libc::c_short = 0x1002;
const TUNSETIFF: libc::c_ulong = 0x4004_54ca;
const TUNSETPERSIST: libc::c_ulong = 0x4004_54cb;

/// The library knows no TAPs.
fn create_tap(name: &str) -> Outcome<()> {
    let device = std::fs::OpenOptions::new().read(true).write(true).open("/dev/net/tun")?;
    let mut request = InterfaceRequest { name: [0; 16], flags: IFF_TAP_NO_PI, rest: [0; 22] };
    request.name[..name.len()].copy_from_slice(name.as_bytes());
    let fd = device.as_raw_fd();
    let created = unsafe { libc::ioctl(fd, TUNSETIFF as _, &request) == 0 && libc::ioctl(fd, TUNSETPERSIST as _, 1) == 0 };
    if created {
        Ok(())
    } else {
        Err(std::io::Error::last_os_error().into())
    }
}

fn taps(from: &str, to: &str) -> Outcome<Vec<String>> {
    let (from, to): (usize, usize) = (from.parse()?, to.parse()?);
    Ok((from..to).map(|number| format!("t{number}")).collect())
}

async fn find(handle: &Handle, name: &str) -> Outcome<LinkMessage> {
    let mut links = handle.link().get().match_name(name.into()).execute();
    links.try_next().await?.ok_or_else(|| format!("no {name}").into())
}

async fn index_of(handle: &Handle, name: &str) -> Outcome<u32> {
    Ok(find(handle, name).await?.header.index)
}

async fn create_bridge(handle: &Handle, name: &str) -> Outcome<()> {
    handle.link().add().bridge(name.into()).execute().await?;
    handle.link().set(index_of(handle, name).await?).up().execute().await?;
    Ok(())
}

async fn attach_one(handle: &Handle, tap: &str, bridge: u32) -> Outcome<()> {
    let index = index_of(handle, tap).await?;
    handle.link().set(index).master(bridge).up().execute().await?;
    Ok(())
}

async fn attach(handle: &Handle, taps: &[String], bridge: &str, way: &str) -> Outcome<Said> {
    if way == "batch" {
        return Ok(Said::Unsupported("each request is sent on its own"));
    }
    let bridge = index_of(handle, bridge).await?;
    if way == "pipelined" {
        let attached = iter(taps).map(|tap| attach_one(handle, tap, bridge));
        attached.buffer_unordered(MOST_UNDER_WAY).try_collect::<Vec<()>>().await?;
        return Ok(Said::Nothing);
    }
    let mut each = Vec::with_capacity(taps.len());
    for tap in taps {
        let start = Instant::now();
        attach_one(handle, tap, bridge).await?;
        each.push(start.elapsed().as_secs_f64() * 1e6);
    }
    Ok(Said::Each(each))
}

/// What link().del() sends, without NLM_F_EXCL: that is NLM_F_BULK for the kernel since Linux 5.19, and refused.
async fn remove(handle: &Handle, index: u32) -> Outcome<()> {
    let mut message = LinkMessage::default();
    message.header.index = index;
    let mut request = NetlinkMessage::from(RtnlMessage::DelLink(message));
    request.header.flags = NLM_F_REQUEST | NLM_F_ACK;
    let mut replies = handle.clone().request(request)?;
    while let Some(reply) = replies.next().await {
        if let NetlinkPayload::Error(error) = reply.payload {
            return Err(error.to_io().into());
        }
    }
    Ok(())
}

/// The library's neighbour requests are for addresses alone; its messages can ask for a bridge's.
async fn list_forwarding(handle: &Handle, bridge: u32) -> Outcome<usize> {
    let mut message = NeighbourMessage::default();
    message.header.family = AF_BRIDGE as u8;
    let mut request = NetlinkMessage::from(RtnlMessage::GetNeighbour(message));
    request.header.flags = NLM_F_REQUEST | NLM_F_DUMP;
    let mut replies = handle.clone().request(request)?;
    let mut count = 0;
    while let Some(reply) = replies.next().await {
        match reply.payload {
            NetlinkPayload::Error(error) => return Err(error.to_io().into()),
            NetlinkPayload::InnerMessage(RtnlMessage::NewNeighbour(entry)) => {
                let is_master = |nla: &Nla| matches!(nla, Nla::Master(bytes) if bytes[..] == bridge.to_ne_bytes());
                count += usize::from(entry.nlas.iter().any(is_master));
            }
            _ => (),
        }
    }
    Ok(count)
}

async fn answer(handle: &Handle, words: &[&str]) -> Outcome<Said> {
    match words {
        ["ready"] => (),
        ["bridge", name] => create_bridge(handle, name).await?,
        ["create", from, to] => taps(from, to)?.iter().try_for_each(|name| create_tap(name))?,
        ["attach", from, to, bridge, way] => return attach(handle, &taps(from, to)?, bridge, way).await,
        ["remove", from, to, bridges @ ..] => {
            for name in taps(from, to)?.iter().map(String::as_str).chain(bridges.iter().copied()) {
                remove(handle, index_of(handle, name).await?).await?;
            }
        }
        ["links" | "all"] => return Ok(Said::Count(handle.link().get().execute().try_collect::<Vec<_>>().await?.len())),
        ["link", name] => drop(find(handle, name).await?),
        ["fdb", bridge] => return Ok(Said::Count(list_forwarding(handle, index_of(handle, bridge).await?).await?)),
        _ => return Err(format!("what is {words:?}?").into()),
    }
    Ok(Said::Nothing)
}

fn say(milliseconds: f64, said: Said) -> String {
    let more = match said {
        Said::Nothing => String::new(),
        Said::Each(each) => format!(",\"each\":{each:.1?}"),
        Said::Count(count) => format!(",\"count\":{count}"),
        Said::Unsupported(why) => format!(",\"unsupported\":\"{why}\""),
    };
    format!("{{\"milliseconds\":{milliseconds:.4}{more}}}")
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Outcome<()> {
    let (connection, handle, _) = rtnetlink::new_connection()?;
    tokio::spawn(connection);
    for line in stdin().lock().lines() {
        let line = line?;
        let words: Vec<&str> = line.split_whitespace().collect();
        let start = Instant::now();
        let said = answer(&handle, &words).await?;
        let milliseconds = start.elapsed().as_secs_f64() * 1e3;
        writeln!(stdout(), "{}", say(milliseconds, said))?;
    }
    Ok(())
}
