--
-- PostgreSQL database dump
--


-- Dumped from database version 15.18 (Debian 15.18-0+deb12u1)
-- Dumped by pg_dump version 15.18 (Debian 15.18-0+deb12u1)

SET statement_timeout = 0;
SET lock_timeout = 0;
SET idle_in_transaction_session_timeout = 0;
SET client_encoding = 'UTF8';
SET standard_conforming_strings = on;
SELECT pg_catalog.set_config('search_path', '', false);
SET check_function_bodies = false;
SET xmloption = content;
SET client_min_messages = warning;
SET row_security = off;

SET default_tablespace = '';

SET default_table_access_method = heap;

--
-- Name: _sqlx_migrations; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public._sqlx_migrations (
    version bigint NOT NULL,
    description text NOT NULL,
    installed_on timestamp with time zone DEFAULT now() NOT NULL,
    success boolean NOT NULL,
    checksum bytea NOT NULL,
    execution_time bigint NOT NULL
);


--
-- Name: accounts; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.accounts (
    user_id uuid NOT NULL,
    hidden boolean DEFAULT false NOT NULL,
    erased boolean DEFAULT false NOT NULL,
    revision bigint DEFAULT 0 NOT NULL
);


--
-- Name: blocks; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.blocks (
    user_id uuid NOT NULL,
    other_id uuid NOT NULL,
    blocks boolean DEFAULT false NOT NULL,
    blocks_revision bigint DEFAULT 0 NOT NULL,
    is_blocked boolean DEFAULT false NOT NULL,
    is_blocked_revision bigint DEFAULT 0 NOT NULL
);


--
-- Name: conversations; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.conversations (
    id uuid NOT NULL,
    type text NOT NULL,
    title text,
    sequence bigint DEFAULT 0 NOT NULL,
    "position" bigint DEFAULT 1 NOT NULL,
    updated_at timestamp with time zone NOT NULL,
    active_at timestamp with time zone NOT NULL,
    CONSTRAINT conversations_type_check CHECK ((type = ANY (ARRAY['DIRECT'::text, 'GROUP'::text])))
);


--
-- Name: dead_letter_audit; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.dead_letter_audit (
    id bigint NOT NULL,
    at timestamp with time zone DEFAULT now() NOT NULL,
    actor text NOT NULL,
    action text NOT NULL,
    selected text NOT NULL,
    letters bigint NOT NULL
);


--
-- Name: dead_letter_audit_id_seq; Type: SEQUENCE; Schema: public; Owner: -
--

ALTER TABLE public.dead_letter_audit ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.dead_letter_audit_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);


--
-- Name: dead_letters; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.dead_letters (
    id uuid NOT NULL,
    number bigint NOT NULL,
    consumer text NOT NULL,
    topic text NOT NULL,
    partition integer NOT NULL,
    "position" bigint NOT NULL,
    sequence bytea DEFAULT '\x'::bytea NOT NULL,
    key bytea,
    event_id text,
    event_type text,
    header_names text[] NOT NULL,
    header_values bytea[] NOT NULL,
    payload bytea,
    failed boolean DEFAULT true NOT NULL,
    fingerprint text,
    code text NOT NULL,
    reason text NOT NULL,
    attempts integer NOT NULL,
    replays integer DEFAULT 0 NOT NULL,
    parked_at timestamp with time zone DEFAULT now() NOT NULL,
    replayed_at timestamp with time zone,
    content bigint DEFAULT 0 NOT NULL,
    aside boolean DEFAULT false NOT NULL
);


--
-- Name: dead_letters_number_seq; Type: SEQUENCE; Schema: public; Owner: -
--

ALTER TABLE public.dead_letters ALTER COLUMN number ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.dead_letters_number_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);


--
-- Name: departures; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.departures (
    user_id uuid NOT NULL,
    since timestamp with time zone DEFAULT now() NOT NULL,
    begun xid8
);


--
-- Name: erasures; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.erasures (
    user_id uuid NOT NULL,
    since timestamp with time zone DEFAULT now() NOT NULL,
    begun xid8
);


--
-- Name: exports; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.exports (
    user_id uuid NOT NULL,
    export_id uuid NOT NULL,
    parts integer DEFAULT 0 NOT NULL,
    told_to uuid DEFAULT '00000000-0000-0000-0000-000000000000'::uuid NOT NULL,
    cause jsonb,
    turn timestamp with time zone DEFAULT now() NOT NULL
);


--
-- Name: held_groups; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.held_groups (
    fingerprint text NOT NULL,
    actor text NOT NULL,
    held_at timestamp with time zone DEFAULT now() NOT NULL
);


--
-- Name: idempotency_keys; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.idempotency_keys (
    owner uuid NOT NULL,
    key text NOT NULL,
    request bytea NOT NULL,
    status smallint,
    body bytea,
    created_at timestamp with time zone DEFAULT now() NOT NULL
);


--
-- Name: inbox; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.inbox (
    consumer text NOT NULL,
    event_id uuid NOT NULL,
    claimed_at timestamp with time zone DEFAULT now() NOT NULL
)
PARTITION BY RANGE (claimed_at);


--
-- Name: inbox_20261122; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.inbox_20261122 (
    consumer text NOT NULL,
    event_id uuid NOT NULL,
    claimed_at timestamp with time zone DEFAULT now() NOT NULL
);


--
-- Name: inbox_20261123; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.inbox_20261123 (
    consumer text NOT NULL,
    event_id uuid NOT NULL,
    claimed_at timestamp with time zone DEFAULT now() NOT NULL
);


--
-- Name: inbox_20261124; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.inbox_20261124 (
    consumer text NOT NULL,
    event_id uuid NOT NULL,
    claimed_at timestamp with time zone DEFAULT now() NOT NULL
);


--
-- Name: inbox_20261125; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.inbox_20261125 (
    consumer text NOT NULL,
    event_id uuid NOT NULL,
    claimed_at timestamp with time zone DEFAULT now() NOT NULL
);


--
-- Name: inbox_20261126; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.inbox_20261126 (
    consumer text NOT NULL,
    event_id uuid NOT NULL,
    claimed_at timestamp with time zone DEFAULT now() NOT NULL
);


--
-- Name: media; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.media (
    owner_id uuid NOT NULL,
    id uuid NOT NULL,
    revision bigint DEFAULT 0 NOT NULL,
    gone boolean DEFAULT false NOT NULL,
    medium jsonb
);


--
-- Name: members; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.members (
    conversation_id uuid NOT NULL,
    user_id uuid NOT NULL,
    role text NOT NULL,
    joined_at timestamp with time zone NOT NULL,
    joined_position bigint NOT NULL,
    joined_sequence bigint NOT NULL,
    muted_until timestamp with time zone,
    read_sequence bigint DEFAULT 0 NOT NULL,
    delivered_sequence bigint DEFAULT 0 NOT NULL,
    read_told bigint DEFAULT 0 NOT NULL,
    delivered_told bigint DEFAULT 0 NOT NULL,
    told_at timestamp with time zone,
    due timestamp with time zone,
    CONSTRAINT members_role_check CHECK ((role = ANY (ARRAY['OWNER'::text, 'ADMIN'::text, 'MEMBER'::text])))
);


--
-- Name: messages; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.messages (
    id uuid NOT NULL,
    conversation_id uuid NOT NULL,
    sequence bigint NOT NULL,
    "position" bigint NOT NULL,
    sent_position bigint NOT NULL,
    sender_id uuid,
    type text NOT NULL,
    type_given boolean NOT NULL,
    content text,
    media jsonb NOT NULL,
    media_ids uuid[] NOT NULL,
    reply_to uuid,
    client_message_id uuid,
    revision bigint NOT NULL,
    sent_at timestamp with time zone NOT NULL,
    edited_at timestamp with time zone,
    deleted_at timestamp with time zone,
    original jsonb,
    words tsvector GENERATED ALWAYS AS (
CASE
    WHEN (deleted_at IS NULL) THEN (to_tsvector('simple'::regconfig, COALESCE(content, ''::text)) || array_to_tsvector(ARRAY[(conversation_id)::text]))
    ELSE NULL::tsvector
END) STORED,
    CONSTRAINT messages_type_check CHECK ((type = ANY (ARRAY['TEXT'::text, 'IMAGE'::text, 'VIDEO'::text, 'AUDIO'::text])))
);


--
-- Name: outbox; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.outbox (
    id bigint NOT NULL,
    event_id uuid NOT NULL,
    event_type text NOT NULL,
    version text NOT NULL,
    source text NOT NULL,
    topic text NOT NULL,
    key text NOT NULL,
    subject text NOT NULL,
    occurred_at timestamp with time zone DEFAULT now() NOT NULL,
    correlation text,
    causation text,
    traceparent text,
    tracestate text,
    payload bytea NOT NULL
)
WITH (autovacuum_vacuum_scale_factor='0', autovacuum_vacuum_threshold='20000', autovacuum_vacuum_insert_threshold='-1', autovacuum_analyze_scale_factor='0', autovacuum_analyze_threshold='100000', autovacuum_vacuum_cost_limit='1000');


--
-- Name: TABLE outbox; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON TABLE public.outbox IS 'nova-event-bus 2';


--
-- Name: outbox_id_seq; Type: SEQUENCE; Schema: public; Owner: -
--

ALTER TABLE public.outbox ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.outbox_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);


--
-- Name: pairs; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.pairs (
    user_id uuid NOT NULL,
    other_id uuid NOT NULL,
    conversation_id uuid NOT NULL
);


--
-- Name: parked_sequences; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.parked_sequences (
    consumer text NOT NULL,
    topic text NOT NULL,
    sequence bytea NOT NULL,
    partition integer NOT NULL,
    parked_at timestamp with time zone DEFAULT now() NOT NULL,
    replay_requested_at timestamp with time zone,
    next_at timestamp with time zone,
    tries integer DEFAULT 0 NOT NULL,
    fingerprint text,
    builds text[] DEFAULT '{}'::text[] NOT NULL
);


--
-- Name: reactions; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.reactions (
    message_id uuid NOT NULL,
    emoji text NOT NULL,
    user_id uuid NOT NULL,
    "position" bigint NOT NULL
);


--
-- Name: sends; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.sends (
    user_id uuid NOT NULL,
    kind text NOT NULL,
    key text NOT NULL,
    request bytea NOT NULL,
    message_id uuid NOT NULL,
    CONSTRAINT sends_kind_check CHECK ((kind = ANY (ARRAY['client'::text, 'header'::text])))
);


--
-- Name: inbox_20261122; Type: TABLE ATTACH; Schema: public; Owner: -
--

ALTER TABLE ONLY public.inbox ATTACH PARTITION public.inbox_20261122 FOR VALUES FROM ('2026-11-22 00:00:00+00') TO ('2026-11-23 00:00:00+00');


--
-- Name: inbox_20261123; Type: TABLE ATTACH; Schema: public; Owner: -
--

ALTER TABLE ONLY public.inbox ATTACH PARTITION public.inbox_20261123 FOR VALUES FROM ('2026-11-23 00:00:00+00') TO ('2026-11-24 00:00:00+00');


--
-- Name: inbox_20261124; Type: TABLE ATTACH; Schema: public; Owner: -
--

ALTER TABLE ONLY public.inbox ATTACH PARTITION public.inbox_20261124 FOR VALUES FROM ('2026-11-24 00:00:00+00') TO ('2026-11-25 00:00:00+00');


--
-- Name: inbox_20261125; Type: TABLE ATTACH; Schema: public; Owner: -
--

ALTER TABLE ONLY public.inbox ATTACH PARTITION public.inbox_20261125 FOR VALUES FROM ('2026-11-25 00:00:00+00') TO ('2026-11-26 00:00:00+00');


--
-- Name: inbox_20261126; Type: TABLE ATTACH; Schema: public; Owner: -
--

ALTER TABLE ONLY public.inbox ATTACH PARTITION public.inbox_20261126 FOR VALUES FROM ('2026-11-26 00:00:00+00') TO ('2026-11-27 00:00:00+00');


--
-- Data for Name: _sqlx_migrations; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public._sqlx_migrations VALUES
	(1, 'event bus', '2026-11-23 17:32:49.753827+00', true, '\x4c394f08e4ed74f1dbdb96ce1c301691ea9460732858bf172132acc6b6c169479f0f353a48c82d4be601aa355777dd46', 11785663),
	(2, 'event bus 2', '2026-11-23 17:32:49.766231+00', true, '\x04d2192ccbd43127c1562412b9b4fc8c5633d09b90061648d23302b62e3fff615af48b8fbc2998e1f1441320b39e06a7', 16907154),
	(3, 'idempotency', '2026-11-23 17:32:49.783818+00', true, '\x42294c677ef78729794f31d81ba45d42dd1ce8e2e60964e2568efc3fdd62d8c1b1d3c69a1625cf6e5a18980ec2588e33', 3054038),
	(4, 'accounts', '2026-11-23 17:32:49.78728+00', true, '\x7df590d0d9d0370145bbc0cadc40efd97a2e5f29b18ab6167550e001895a05db07b16186b8b54f0151fc894e446e0a12', 14301425),
	(5, 'conversations', '2026-11-23 17:32:49.802053+00', true, '\x67cefe64e3e9e92fbd2f2cb0ef6e404b4346a54a092778409fe5820e33e058a2c3e96de1763fbd37160122b9e8cfc24c', 23760207);


--
-- Data for Name: accounts; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.accounts VALUES
	('01a20977-bea4-71ee-8397-efe0167cd256', false, false, 0),
	('01a20977-bfb7-7140-b026-2d5b25aec24f', false, false, 0),
	('01a20977-c05c-77f4-b242-2b369536ed9c', false, false, 0),
	('01a20977-c0d4-7200-b5bf-bf59532d072e', false, false, 0),
	('01a20977-c13c-76cf-a4ba-959aa3774596', false, false, 0),
	('01a20977-c194-71e8-afaa-8432bf3eb038', false, false, 0),
	('01a20977-c219-745b-8739-8532e2781ca6', false, false, 0),
	('01a20977-c263-70d6-be9b-c0fa05aecfec', false, false, 0),
	('01a20977-c2ca-778b-90d0-d6c0c7cbab51', false, false, 0),
	('01a20977-c340-749e-9071-613c5bdbd6ee', false, false, 0),
	('01a20977-c3b4-7123-8e4e-9315b6eaf11d', false, false, 0),
	('01a20977-c407-76d7-a072-191ace4db394', false, false, 0),
	('01a20977-c457-73ad-89e0-ce6ee38488e5', false, false, 0),
	('01a20977-c49e-7440-a27b-1a11ce3a3316', false, false, 0),
	('01a20977-c4e5-74a0-b38c-84cb396d3e69', false, false, 0),
	('01a20977-c545-7485-990e-98584b148877', false, false, 0),
	('01a20977-c5a3-702c-951e-15c99195b0f6', false, false, 0),
	('01a20977-c5f0-71d8-b46d-1302625827ae', false, false, 0),
	('01a20977-c637-72d7-bbea-e98169adf13c', false, false, 0),
	('01a20977-c67e-7329-a365-8c81f38a83b6', false, false, 0);


--
-- Data for Name: blocks; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.blocks VALUES
	('01a20977-c5a3-702c-951e-15c99195b0f6', '01a20977-c637-72d7-bbea-e98169adf13c', false, 0, true, 1),
	('01a20977-c637-72d7-bbea-e98169adf13c', '01a20977-c5a3-702c-951e-15c99195b0f6', true, 1, false, 0);


--
-- Data for Name: conversations; Type: TABLE DATA; Schema: public; Owner: -
--



--
-- Data for Name: dead_letter_audit; Type: TABLE DATA; Schema: public; Owner: -
--



--
-- Data for Name: dead_letters; Type: TABLE DATA; Schema: public; Owner: -
--



--
-- Data for Name: departures; Type: TABLE DATA; Schema: public; Owner: -
--



--
-- Data for Name: erasures; Type: TABLE DATA; Schema: public; Owner: -
--



--
-- Data for Name: exports; Type: TABLE DATA; Schema: public; Owner: -
--



--
-- Data for Name: held_groups; Type: TABLE DATA; Schema: public; Owner: -
--



--
-- Data for Name: idempotency_keys; Type: TABLE DATA; Schema: public; Owner: -
--



--
-- Data for Name: inbox_20261122; Type: TABLE DATA; Schema: public; Owner: -
--



--
-- Data for Name: inbox_20261123; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.inbox_20261123 VALUES
	('messaging', '01a20977-beb2-7302-a6c9-65cc30408613', '2026-11-23 17:32:52.377292+00'),
	('messaging', '01a20977-bfdd-7325-bf8e-5b4b83ddad4e', '2026-11-23 17:32:52.615951+00'),
	('messaging', '01a20977-c061-7106-b6f7-f6a2ee8cb506', '2026-11-23 17:32:52.739802+00'),
	('messaging', '01a20977-c0d6-75d6-8027-19ec9c60af00', '2026-11-23 17:32:52.860621+00'),
	('messaging', '01a20977-c141-726d-ac81-1348c4a4e04a', '2026-11-23 17:32:52.969809+00'),
	('messaging', '01a20977-c198-757e-900c-671e967e6e91', '2026-11-23 17:32:53.061924+00'),
	('messaging', '01a20977-c21a-76b2-b946-39a8dc154caa', '2026-11-23 17:32:53.168013+00'),
	('messaging', '01a20977-c266-7553-852e-41c9ddc9524b', '2026-11-23 17:32:53.25438+00'),
	('messaging', '01a20977-c2cf-73b7-881d-0ce183b25e6c', '2026-11-23 17:32:53.364839+00'),
	('messaging', '01a20977-c341-7188-b530-05ab257fb8b9', '2026-11-23 17:32:53.49516+00'),
	('messaging', '01a20977-c3b7-72f6-82d2-b4e4fde87636', '2026-11-23 17:32:53.608313+00'),
	('messaging', '01a20977-c40d-7456-b6df-524ba70b74d5', '2026-11-23 17:32:53.676158+00'),
	('messaging', '01a20977-c45a-74b0-b269-6b105938172e', '2026-11-23 17:32:53.74927+00'),
	('messaging', '01a20977-c49e-7440-a27b-1a126f2810d2', '2026-11-23 17:32:53.816614+00'),
	('messaging', '01a20977-c4e7-7367-bb14-749b76a83ad5', '2026-11-23 17:32:53.880555+00'),
	('messaging', '01a20977-c547-72d9-9892-c40307e9cc4e', '2026-11-23 17:32:53.996923+00'),
	('messaging', '01a20977-c5a4-703c-88a3-5aab5601d050', '2026-11-23 17:32:54.077342+00'),
	('messaging', '01a20977-c5f2-7223-8990-eb14cb1e9e9e', '2026-11-23 17:32:54.159932+00'),
	('messaging', '01a20977-c639-71c3-9733-746a5b3b1f9c', '2026-11-23 17:32:54.223008+00'),
	('messaging', '01a20977-c67f-719e-91a4-4c9cfc99f2be', '2026-11-23 17:32:54.297436+00'),
	('messaging', '01a20977-d3d5-70cc-bca2-12b6a401458a', '2026-11-23 17:32:57.698077+00'),
	('messaging', '01a20977-d412-736d-ade2-54970d3aa01f', '2026-11-23 17:32:57.776199+00'),
	('messaging', '01a20977-d942-7044-8547-646e89609e48', '2026-11-23 17:32:59.097117+00'),
	('messaging', '01a20977-da50-76fc-89ea-9509239e286f', '2026-11-23 17:32:59.362789+00'),
	('messaging', '01a20977-db9d-770b-b309-d2dba78b5e63', '2026-11-23 17:32:59.698824+00');


--
-- Data for Name: inbox_20261124; Type: TABLE DATA; Schema: public; Owner: -
--



--
-- Data for Name: inbox_20261125; Type: TABLE DATA; Schema: public; Owner: -
--



--
-- Data for Name: inbox_20261126; Type: TABLE DATA; Schema: public; Owner: -
--



--
-- Data for Name: media; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.media VALUES
	('01a20977-c05c-77f4-b242-2b369536ed9c', '01a20977-d878-7776-82e1-3a80444401c2', 2, false, '{"id": "01a20977-d878-7776-82e1-3a80444401c2", "alt": "A low sun over a calm sea, under a pink sky", "url": "/v1/media/01a20977-d878-7776-82e1-3a80444401c2/content", "type": "IMAGE", "width": 480, "height": 320, "blurhash": "L;Nu3Ls:afs:}@oLfQoLIpaykBbG", "mime_type": "image/png", "size_bytes": 3721, "thumbnails": {"large": "/v1/media/01a20977-d878-7776-82e1-3a80444401c2/thumbnail/large", "small": "/v1/media/01a20977-d878-7776-82e1-3a80444401c2/thumbnail/small", "medium": "/v1/media/01a20977-d878-7776-82e1-3a80444401c2/thumbnail/medium"}, "duration_seconds": null}'),
	('01a20977-c340-749e-9071-613c5bdbd6ee', '01a20977-d9c7-70be-b1fa-8dd51e8e9a5c', 2, false, '{"id": "01a20977-d9c7-70be-b1fa-8dd51e8e9a5c", "alt": "A high sun over a calm sea, under a blue sky", "url": "/v1/media/01a20977-d9c7-70be-b1fa-8dd51e8e9a5c/content", "type": "IMAGE", "width": 480, "height": 320, "blurhash": "L,C[X|kDR.kD%%j]R.bIV=f6WXay", "mime_type": "image/png", "size_bytes": 3782, "thumbnails": {"large": "/v1/media/01a20977-d9c7-70be-b1fa-8dd51e8e9a5c/thumbnail/large", "small": "/v1/media/01a20977-d9c7-70be-b1fa-8dd51e8e9a5c/thumbnail/small", "medium": "/v1/media/01a20977-d9c7-70be-b1fa-8dd51e8e9a5c/thumbnail/medium"}, "duration_seconds": null}'),
	('01a20977-c5f0-71d8-b46d-1302625827ae', '01a20977-dafd-7394-a4f6-8a32402f0032', 2, false, '{"id": "01a20977-dafd-7394-a4f6-8a32402f0032", "alt": "Half a sun behind a calm sea, under a violet sky", "url": "/v1/media/01a20977-dafd-7394-a4f6-8a32402f0032/content", "type": "IMAGE", "width": 480, "height": 320, "blurhash": "LHBe;CogM}o4=*j]oeoME1ayxsj?", "mime_type": "image/png", "size_bytes": 3481, "thumbnails": {"large": "/v1/media/01a20977-dafd-7394-a4f6-8a32402f0032/thumbnail/large", "small": "/v1/media/01a20977-dafd-7394-a4f6-8a32402f0032/thumbnail/small", "medium": "/v1/media/01a20977-dafd-7394-a4f6-8a32402f0032/thumbnail/medium"}, "duration_seconds": null}');


--
-- Data for Name: members; Type: TABLE DATA; Schema: public; Owner: -
--



--
-- Data for Name: messages; Type: TABLE DATA; Schema: public; Owner: -
--



--
-- Data for Name: outbox; Type: TABLE DATA; Schema: public; Owner: -
--



--
-- Data for Name: pairs; Type: TABLE DATA; Schema: public; Owner: -
--



--
-- Data for Name: parked_sequences; Type: TABLE DATA; Schema: public; Owner: -
--



--
-- Data for Name: reactions; Type: TABLE DATA; Schema: public; Owner: -
--



--
-- Data for Name: sends; Type: TABLE DATA; Schema: public; Owner: -
--



--
-- Name: dead_letter_audit_id_seq; Type: SEQUENCE SET; Schema: public; Owner: -
--

SELECT pg_catalog.setval('public.dead_letter_audit_id_seq', 1, false);


--
-- Name: dead_letters_number_seq; Type: SEQUENCE SET; Schema: public; Owner: -
--

SELECT pg_catalog.setval('public.dead_letters_number_seq', 1, false);


--
-- Name: outbox_id_seq; Type: SEQUENCE SET; Schema: public; Owner: -
--

SELECT pg_catalog.setval('public.outbox_id_seq', 1, false);


--
-- Name: _sqlx_migrations _sqlx_migrations_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public._sqlx_migrations
    ADD CONSTRAINT _sqlx_migrations_pkey PRIMARY KEY (version);


--
-- Name: accounts accounts_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.accounts
    ADD CONSTRAINT accounts_pkey PRIMARY KEY (user_id);


--
-- Name: blocks blocks_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.blocks
    ADD CONSTRAINT blocks_pkey PRIMARY KEY (user_id, other_id);


--
-- Name: conversations conversations_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.conversations
    ADD CONSTRAINT conversations_pkey PRIMARY KEY (id);


--
-- Name: dead_letter_audit dead_letter_audit_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.dead_letter_audit
    ADD CONSTRAINT dead_letter_audit_pkey PRIMARY KEY (id);


--
-- Name: dead_letters dead_letters_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.dead_letters
    ADD CONSTRAINT dead_letters_pkey PRIMARY KEY (id);


--
-- Name: departures departures_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.departures
    ADD CONSTRAINT departures_pkey PRIMARY KEY (user_id);


--
-- Name: erasures erasures_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.erasures
    ADD CONSTRAINT erasures_pkey PRIMARY KEY (user_id);


--
-- Name: exports exports_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.exports
    ADD CONSTRAINT exports_pkey PRIMARY KEY (user_id);


--
-- Name: held_groups held_groups_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.held_groups
    ADD CONSTRAINT held_groups_pkey PRIMARY KEY (fingerprint);


--
-- Name: idempotency_keys idempotency_keys_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.idempotency_keys
    ADD CONSTRAINT idempotency_keys_pkey PRIMARY KEY (owner, key);


--
-- Name: inbox_20261122 inbox_20261122_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.inbox_20261122
    ADD CONSTRAINT inbox_20261122_pkey PRIMARY KEY (consumer, event_id);


--
-- Name: inbox_20261123 inbox_20261123_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.inbox_20261123
    ADD CONSTRAINT inbox_20261123_pkey PRIMARY KEY (consumer, event_id);


--
-- Name: inbox_20261124 inbox_20261124_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.inbox_20261124
    ADD CONSTRAINT inbox_20261124_pkey PRIMARY KEY (consumer, event_id);


--
-- Name: inbox_20261125 inbox_20261125_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.inbox_20261125
    ADD CONSTRAINT inbox_20261125_pkey PRIMARY KEY (consumer, event_id);


--
-- Name: inbox_20261126 inbox_20261126_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.inbox_20261126
    ADD CONSTRAINT inbox_20261126_pkey PRIMARY KEY (consumer, event_id);


--
-- Name: media media_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.media
    ADD CONSTRAINT media_pkey PRIMARY KEY (owner_id, id);


--
-- Name: members members_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.members
    ADD CONSTRAINT members_pkey PRIMARY KEY (conversation_id, user_id);


--
-- Name: messages messages_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.messages
    ADD CONSTRAINT messages_pkey PRIMARY KEY (id);


--
-- Name: outbox outbox_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.outbox
    ADD CONSTRAINT outbox_pkey PRIMARY KEY (id);


--
-- Name: pairs pairs_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.pairs
    ADD CONSTRAINT pairs_pkey PRIMARY KEY (user_id, other_id);


--
-- Name: parked_sequences parked_sequences_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.parked_sequences
    ADD CONSTRAINT parked_sequences_pkey PRIMARY KEY (consumer, topic, sequence);


--
-- Name: reactions reactions_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.reactions
    ADD CONSTRAINT reactions_pkey PRIMARY KEY (message_id, emoji, user_id);


--
-- Name: sends sends_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.sends
    ADD CONSTRAINT sends_pkey PRIMARY KEY (user_id, kind, key);


--
-- Name: blocks_by_other; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX blocks_by_other ON public.blocks USING btree (other_id);


--
-- Name: dead_letters_aside; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX dead_letters_aside ON public.dead_letters USING btree (consumer, topic, partition) WHERE aside;


--
-- Name: dead_letters_fingerprint; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX dead_letters_fingerprint ON public.dead_letters USING btree (fingerprint) WHERE failed;


--
-- Name: dead_letters_place; Type: INDEX; Schema: public; Owner: -
--

CREATE UNIQUE INDEX dead_letters_place ON public.dead_letters USING btree ("position", partition, content, topic, consumer);


--
-- Name: dead_letters_sequence; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX dead_letters_sequence ON public.dead_letters USING btree (consumer, topic, sequence, number);


--
-- Name: exports_by_turn; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX exports_by_turn ON public.exports USING btree (turn);


--
-- Name: idempotency_keys_created_at; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX idempotency_keys_created_at ON public.idempotency_keys USING btree (created_at);


--
-- Name: members_by_user; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX members_by_user ON public.members USING btree (user_id, conversation_id);


--
-- Name: members_due; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX members_due ON public.members USING btree (due) WHERE (due IS NOT NULL);


--
-- Name: messages_by_media; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX messages_by_media ON public.messages USING gin (media_ids) WHERE (media_ids <> '{}'::uuid[]);


--
-- Name: messages_by_sender; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX messages_by_sender ON public.messages USING btree (sender_id, id) WHERE (sender_id IS NOT NULL);


--
-- Name: messages_by_sequence; Type: INDEX; Schema: public; Owner: -
--

CREATE UNIQUE INDEX messages_by_sequence ON public.messages USING btree (conversation_id, sequence) INCLUDE (sender_id, deleted_at);


--
-- Name: messages_by_words; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX messages_by_words ON public.messages USING gin (words);


--
-- Name: pairs_by_conversation; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX pairs_by_conversation ON public.pairs USING btree (conversation_id);


--
-- Name: pairs_by_other; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX pairs_by_other ON public.pairs USING btree (other_id);


--
-- Name: parked_sequences_next; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX parked_sequences_next ON public.parked_sequences USING btree (consumer, next_at) WHERE (next_at IS NOT NULL);


--
-- Name: parked_sequences_replay; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX parked_sequences_replay ON public.parked_sequences USING btree (consumer, replay_requested_at) WHERE (replay_requested_at IS NOT NULL);


--
-- Name: reactions_by_user; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX reactions_by_user ON public.reactions USING btree (user_id);


--
-- PostgreSQL database dump complete
--


