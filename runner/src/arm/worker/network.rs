//! Bytes between this process and a database server, as the kernel counts them for each connection: asked for by netlink
//! (sock_diag(7)), which needs no privilege.

use std::collections::{BTreeMap, BTreeSet};
use std::io;

use netlink_packet_core::{
    NLM_F_DUMP, NLM_F_REQUEST, NetlinkHeader, NetlinkMessage, NetlinkPayload,
};
use netlink_packet_sock_diag::SockDiagMessage;
use netlink_packet_sock_diag::constants::{AF_INET, AF_INET6, IPPROTO_TCP};
use netlink_packet_sock_diag::inet::nlas::Nla;
use netlink_packet_sock_diag::inet::{
    ExtensionFlags, InetRequest, InetResponse, SocketId, StateFlags,
};
use netlink_sys::protocols::NETLINK_SOCK_DIAG;
use netlink_sys::{Socket, SocketAddr};
use shared::report::Network;
use sqlx::postgres::PgConnectOptions;

/// The open sockets of this process.
const SOCKETS: &str = "/proc/self/fd";
/// The kernel sends no more at once.
const LONGEST_ANSWER: usize = 64 * 1024;
/// Where `struct tcp_info` of `linux/tcp.h` holds them, bytes from its begin.
const BYTES_ACKED: usize = 120;
const BYTES_RECEIVED: usize = 128;

/// Bytes so far of each connection to a server, by the number of its socket.
pub(super) type Traffic = BTreeMap<u32, Network>;

/// A server that is spoken to by TCP.
#[derive(Debug, Clone, Copy)]
pub(super) struct Server {
    port: u16,
}

impl Server {
    /// None where the URL leads to a socket of the file system, whose bytes the kernel does not count.
    pub(super) fn of(url: &str) -> Option<Self> {
        let options: PgConnectOptions = url.parse().ok()?;
        let by_file = options.get_socket().is_some() || options.get_host().starts_with('/');
        (!by_file).then(|| Self {
            port: options.get_port(),
        })
    }

    /// # Errors
    /// The kernel does not tell, or `/proc` cannot be read.
    pub(super) fn traffic(self) -> io::Result<Traffic> {
        let own = own_sockets()?;
        let mut traffic = Traffic::new();
        for family in [AF_INET, AF_INET6] {
            ask(family, |connection| {
                let header = &connection.header;
                if header.socket_id.destination_port == self.port && own.contains(&header.inode) {
                    traffic.extend(bytes(&connection).map(|bytes| (header.inode, bytes)));
                }
            })?;
        }
        Ok(traffic)
    }
}

/// What went over all connections from one reading to the next; none where one of them was closed in between, and took its
/// counts along.
pub(super) fn grown(from: &Traffic, to: &Traffic) -> Option<Network> {
    if from.keys().any(|socket| !to.contains_key(socket)) {
        return None;
    }
    let mut sum = Network::default();
    for (socket, now) in to {
        let before = from.get(socket).copied().unwrap_or_default();
        sum.sent_bytes += now.sent_bytes.checked_sub(before.sent_bytes)?;
        sum.received_bytes += now.received_bytes.checked_sub(before.received_bytes)?;
    }
    Some(sum)
}

/// The numbers of this process' sockets.
fn own_sockets() -> io::Result<BTreeSet<u32>> {
    let mut sockets = BTreeSet::new();
    for file in std::fs::read_dir(SOCKETS)? {
        // A file that was closed meanwhile is no socket to a server.
        if let Ok(target) = std::fs::read_link(file?.path()) {
            let target = target.to_string_lossy();
            let number = target
                .strip_prefix("socket:[")
                .and_then(|rest| rest.strip_suffix(']'));
            sockets.extend(number.and_then(|number| number.parse::<u32>().ok()));
        }
    }
    Ok(sockets)
}

/// Every established connection of a family on this machine, as far as this process sees it.
fn ask(family: u8, mut hear: impl FnMut(InetResponse)) -> io::Result<()> {
    let mut socket = Socket::new(NETLINK_SOCK_DIAG)?;
    socket.bind_auto()?;
    socket.connect(&SocketAddr::new(0, 0))?;
    socket.send(&request(family), 0)?;
    let mut answer = vec![0; LONGEST_ANSWER];
    loop {
        let length = socket.recv(&mut &mut answer[..], 0)?;
        let mut rest = answer.get(..length).unwrap_or_default();
        while !rest.is_empty() {
            let message = NetlinkMessage::<SockDiagMessage>::deserialize(rest)
                .map_err(|e| io::Error::new(io::ErrorKind::InvalidData, e.to_string()))?;
            // Messages begin at multiples of 4 bytes.
            let length = (message.header.length as usize).next_multiple_of(4);
            rest = rest.get(length..).unwrap_or_default();
            match message.payload {
                NetlinkPayload::InnerMessage(SockDiagMessage::InetResponse(one)) => hear(*one),
                NetlinkPayload::Done(_) => return Ok(()),
                NetlinkPayload::Error(refused) => return Err(refused.to_io()),
                _ => {}
            }
        }
    }
}

fn request(family: u8) -> Vec<u8> {
    let mut header = NetlinkHeader::default();
    header.flags = NLM_F_REQUEST | NLM_F_DUMP;
    let request = InetRequest {
        family,
        protocol: IPPROTO_TCP,
        extensions: ExtensionFlags::INFO,
        states: StateFlags::ESTABLISHED,
        socket_id: match family {
            AF_INET6 => SocketId::new_v6(),
            _ => SocketId::new_v4(),
        },
    };
    let mut message = NetlinkMessage::new(header, SockDiagMessage::InetRequest(request).into());
    message.finalize();
    let mut bytes = vec![0; message.buffer_len()];
    message.serialize(&mut bytes);
    bytes
}

/// None where the kernel is older than these counts.
fn bytes(connection: &InetResponse) -> Option<Network> {
    let info = connection
        .nlas
        .iter()
        .find_map(|attribute| match attribute {
            Nla::TcpInfo(info) => Some(info),
            _ => None,
        })?;
    let count = |at: usize| {
        let bytes = info.get(at..at + size_of::<u64>())?;
        Some(u64::from_ne_bytes(bytes.try_into().ok()?))
    };
    Some(Network {
        sent_bytes: count(BYTES_ACKED)?,
        received_bytes: count(BYTES_RECEIVED)?,
    })
}

#[cfg(test)]
mod tests {
    use std::io::{Read, Write};
    use std::net::{TcpListener, TcpStream};

    use super::*;

    fn network(sent_bytes: u64, received_bytes: u64) -> Network {
        Network {
            sent_bytes,
            received_bytes,
        }
    }

    #[test]
    fn every_byte_of_a_connection_is_counted_and_no_others() {
        for address in ["127.0.0.1:0", "[::1]:0"] {
            let Ok(listener) = TcpListener::bind(address) else {
                // A machine without the second family.
                continue;
            };
            let server = Server {
                port: listener.local_addr().unwrap().port(),
            };
            let mut client = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
            let (mut peer, _) = listener.accept().unwrap();
            let before = server.traffic().unwrap();
            assert_eq!(before.len(), 1, "{before:?}");
            let mut read = vec![0; 100_000];
            for _ in 0..10 {
                client.write_all(&[1; 100_000]).unwrap();
                peer.read_exact(&mut read).unwrap();
            }
            peer.write_all(&[1; 777]).unwrap();
            client.read_exact(&mut read[..777]).unwrap();
            // The answer acknowledged what was sent.
            let after = server.traffic().unwrap();
            assert_eq!(grown(&before, &after), Some(network(1_000_000, 777)));
        }
    }

    #[test]
    fn connections_that_came_are_counted_and_one_that_went_leaves_no_count() {
        let one: Traffic = [(1, network(10, 20))].into();
        let two: Traffic = [(1, network(15, 20)), (2, network(7, 8))].into();
        assert_eq!(grown(&one, &two), Some(network(12, 8)));
        assert_eq!(grown(&two, &one), None);
        assert_eq!(grown(&two, &two), Some(network(0, 0)));
    }

    #[test]
    fn a_socket_of_the_file_system_is_not_counted() {
        assert!(Server::of("postgres://ann@db.example:6000/states").is_some());
        let by_file = "postgres:///states?host=/var/run/postgresql";
        assert!(Server::of(by_file).is_none());
        assert!(Server::of("no URL").is_none());
    }
}
