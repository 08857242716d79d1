-- SPDX-License-Identifier: GPL-3.0-or-later
-- @ID@ is the engine's key column that counts from 1. Times: microseconds UTC (_us), ticks of
-- 1/705600000 s (_ticks). Long texts come last or in a table of their own, so that reading the
-- short columns of a row never walks over them.

CREATE TABLE asset (
    id @ID@,
    created_us BIGINT NOT NULL,
    updated_us BIGINT NOT NULL,
    kind TEXT NOT NULL,
    size_bytes BIGINT NOT NULL,
    duration_ticks BIGINT NOT NULL,
    width INTEGER NOT NULL,
    height INTEGER NOT NULL,
    fps_num INTEGER NOT NULL,
    fps_den INTEGER NOT NULL,
    has_video INTEGER NOT NULL,
    has_audio INTEGER NOT NULL,
    path TEXT NOT NULL UNIQUE,
    thumbnail_path TEXT,
    content_hash TEXT NOT NULL,
    probe TEXT
);
CREATE INDEX asset_thumbnail ON asset (thumbnail_path);

CREATE TABLE consent (
    asset_id BIGINT NOT NULL PRIMARY KEY REFERENCES asset (id),
    created_us BIGINT NOT NULL,
    updated_us BIGINT NOT NULL,
    has_checkbox INTEGER NOT NULL,
    document_path TEXT,
    document_type TEXT
);
CREATE INDEX consent_document ON consent (document_path);

CREATE TABLE project (
    id @ID@,
    created_us BIGINT NOT NULL,
    updated_us BIGINT NOT NULL,
    asset_id BIGINT REFERENCES asset (id),
    status TEXT NOT NULL,
    title TEXT NOT NULL
);
CREATE INDEX project_asset ON project (asset_id);
CREATE INDEX project_status ON project (status);

-- Append-only. `parent` is the revision it was made from (0: none): undo goes there, redo goes to
-- the newest child.
CREATE TABLE timeline_revision (
    project_id BIGINT NOT NULL REFERENCES project (id),
    revision BIGINT NOT NULL,
    parent BIGINT NOT NULL,
    created_us BIGINT NOT NULL,
    who TEXT NOT NULL,
    etag TEXT NOT NULL,
    text TEXT NOT NULL,
    PRIMARY KEY (project_id, revision)
);
CREATE INDEX timeline_revision_parent ON timeline_revision (project_id, parent, revision);

-- Which revision is the timeline now.
CREATE TABLE timeline (
    project_id BIGINT NOT NULL PRIMARY KEY REFERENCES project (id),
    revision BIGINT NOT NULL,
    FOREIGN KEY (project_id, revision) REFERENCES timeline_revision (project_id, revision)
);

CREATE TABLE job (
    id TEXT NOT NULL PRIMARY KEY,
    created_us BIGINT NOT NULL,
    updated_us BIGINT NOT NULL,
    started_us BIGINT,
    ended_us BIGINT,
    run_after_us BIGINT NOT NULL,
    kind TEXT NOT NULL,
    state TEXT NOT NULL,
    project_id BIGINT REFERENCES project (id),
    asset_id BIGINT REFERENCES asset (id),
    attempt INTEGER NOT NULL,
    handed_back INTEGER NOT NULL,
    cancel_requested INTEGER NOT NULL,
    lease_owner TEXT,
    lease_boot TEXT,
    lease_until_ms BIGINT,
    progress DOUBLE PRECISION NOT NULL,
    stage TEXT NOT NULL,
    output_path TEXT,
    error_code TEXT,
    error TEXT,
    spec TEXT NOT NULL,
    result TEXT
);
CREATE INDEX job_state ON job (state, created_us);
CREATE INDEX job_asset ON job (asset_id, state);
CREATE INDEX job_project ON job (project_id, created_us);
CREATE INDEX job_lease ON job (lease_owner);
CREATE INDEX job_output ON job (output_path);

CREATE TABLE job_log (
    job_id TEXT NOT NULL REFERENCES job (id),
    seq BIGINT NOT NULL,
    line TEXT NOT NULL,
    PRIMARY KEY (job_id, seq)
);

CREATE TABLE chat_session (
    id @ID@,
    created_us BIGINT NOT NULL,
    updated_us BIGINT NOT NULL,
    backend TEXT NOT NULL,
    hf_model TEXT,
    title TEXT
);

CREATE TABLE chat_message (
    id @ID@,
    session_id BIGINT NOT NULL REFERENCES chat_session (id),
    created_us BIGINT NOT NULL,
    role TEXT NOT NULL,
    content TEXT NOT NULL
);
CREATE INDEX chat_message_session ON chat_message (session_id, id);
