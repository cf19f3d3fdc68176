//! Who runs the server, and what stands between it and us.

pub mod detect;
pub mod roles;
pub mod supabase;

use crate::connect::{ConnectTarget, Connection};
use crate::read::Reading;
use detect::{Detected, Facts, detect};

/// Recognises platform and pooler of a live target from the connection and what was read over it, and writes both, and
/// whether the session is encrypted, into the snapshot.
pub fn recognise(target: &ConnectTarget, connection: &Connection, reading: &mut Reading) -> Detected {
    let server = &mut reading.snapshot.server;
    let found = detect(&Facts {
        host: connection.host.clone(),
        port: connection.port,
        user: target.user.clone(),
        parameters: connection.parameters.clone(),
        version_text: server.version_text.clone(),
        protocol_pid: connection.protocol_pid,
        backend_pid: reading.platform.backend_pid,
        says_pooler: target.says_pooler,
        settings: reading.platform.settings.clone(),
        roles: reading.platform.roles.clone(),
        extensions: reading.platform.extensions.clone(),
        functions: reading.platform.functions.clone(),
    });
    server.platform = found.platform;
    server.platform_evidence.clone_from(&found.evidence);
    server.pooler = found.pooler.as_ref().map(|pooler| pooler.name.to_owned());
    server.tls = connection.tls;
    found
}
