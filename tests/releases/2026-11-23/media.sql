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
    hidden boolean NOT NULL,
    erased boolean NOT NULL,
    revision bigint NOT NULL
);


--
-- Name: blobs; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.blobs (
    id uuid NOT NULL,
    owner_id uuid NOT NULL,
    purpose text NOT NULL,
    sha256 bytea NOT NULL,
    mime_type text NOT NULL,
    size_bytes bigint NOT NULL,
    piece_bytes bigint NOT NULL,
    width integer,
    height integer,
    duration_seconds integer,
    blurhash text,
    thumbnails jsonb NOT NULL
);


--
-- Name: claims; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.claims (
    media_id uuid NOT NULL,
    post_id uuid NOT NULL,
    user_id uuid NOT NULL
);


--
-- Name: COLUMN claims.post_id; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON COLUMN public.claims.post_id IS 'of a post, or of a message';


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
-- Name: folders; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.folders (
    id uuid NOT NULL,
    owner_id uuid NOT NULL,
    remove_at timestamp with time zone
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
    id uuid NOT NULL,
    owner_id uuid NOT NULL,
    post_id uuid,
    purpose text NOT NULL,
    alt text,
    state text NOT NULL,
    failure text,
    mime_type text NOT NULL,
    uploaded_bytes bigint NOT NULL,
    blob_id uuid,
    revision bigint NOT NULL,
    unclaimed_since timestamp with time zone,
    attempts integer DEFAULT 0 NOT NULL,
    busy_until timestamp with time zone DEFAULT now() NOT NULL,
    sha256 bytea,
    CONSTRAINT media_purpose_check CHECK ((purpose = ANY (ARRAY['post'::text, 'avatar'::text]))),
    CONSTRAINT media_state_check CHECK ((state = ANY (ARRAY['processing'::text, 'ready'::text, 'failed'::text])))
);


--
-- Name: messages; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.messages (
    id uuid NOT NULL,
    user_id uuid NOT NULL,
    "position" bigint NOT NULL
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
-- Name: pieces; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.pieces (
    upload_id uuid NOT NULL,
    start bigint NOT NULL,
    length bigint NOT NULL,
    name text NOT NULL
);


--
-- Name: posts; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.posts (
    id uuid NOT NULL,
    user_id uuid NOT NULL,
    revision bigint NOT NULL,
    deleted boolean NOT NULL
);


--
-- Name: uploads; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.uploads (
    id uuid NOT NULL,
    owner_id uuid NOT NULL,
    post_id uuid,
    purpose text NOT NULL,
    alt text,
    metadata text NOT NULL,
    length bigint NOT NULL,
    received bigint DEFAULT 0 NOT NULL,
    mime_type text,
    expires_at timestamp with time zone NOT NULL,
    ended_at timestamp with time zone,
    writer uuid,
    writer_until timestamp with time zone
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
	(1, 'event bus', '2026-11-23 17:32:49.519349+00', true, '\x4c394f08e4ed74f1dbdb96ce1c301691ea9460732858bf172132acc6b6c169479f0f353a48c82d4be601aa355777dd46', 20963907),
	(2, 'event bus 2', '2026-11-23 17:32:49.541551+00', true, '\x04d2192ccbd43127c1562412b9b4fc8c5633d09b90061648d23302b62e3fff615af48b8fbc2998e1f1441320b39e06a7', 28675956),
	(3, 'idempotency', '2026-11-23 17:32:49.571435+00', true, '\x42294c677ef78729794f31d81ba45d42dd1ce8e2e60964e2568efc3fdd62d8c1b1d3c69a1625cf6e5a18980ec2588e33', 9269965),
	(4, 'accounts', '2026-11-23 17:32:49.581193+00', true, '\x094059766ab5728ac48a1fcefa2996217320002a88d08fb40c3568cbcdbaf34897a36b73e0649fb48bb6e64c63292cad', 3832196),
	(5, 'media', '2026-11-23 17:32:49.585995+00', true, '\x792232de7dff219457526603f8b050d272e4c46c05b669f6a6d50fd90b41b6e35167bb6a215241700d7dd5b68d298bb7', 22569573),
	(6, 'sha256', '2026-11-23 17:32:49.609496+00', true, '\x84e81147856017fd77a12f4a4e2f2b35b47c6e7cfce34a52e507be8205e4f6faa6406718006d9c900b3ecc9822a0a608', 951830),
	(7, 'messages', '2026-11-23 17:32:49.610745+00', true, '\xc8576495e555bf8f656135c166af92cb2c96fc11804a8005c47d3c6fa04bd2410ff3402c2f9504d7946d1f41e4db7175', 3000158);


--
-- Data for Name: accounts; Type: TABLE DATA; Schema: public; Owner: -
--



--
-- Data for Name: blobs; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.blobs VALUES
	('01a20977-d91b-7501-b9d6-defa2116b88a', '01a20977-c05c-77f4-b242-2b369536ed9c', 'post', '\x52f445d91caed0b93718e670828487c14943ac5c014c70c22fe7e3be83ddbcf2', 'image/png', 3721, 16777216, 480, 320, NULL, 'L;Nu3Ls:afs:}@oLfQoLIpaykBbG', '[{"name": "small", "bytes": 556, "width": 320, "height": 213}, {"name": "medium", "bytes": 938, "width": 480, "height": 320}, {"name": "large", "bytes": 938, "width": 480, "height": 320}]'),
	('01a20977-da3c-7559-95d3-d5b08b898e70', '01a20977-c340-749e-9071-613c5bdbd6ee', 'post', '\xd9f0d0c854b0837619d7e0083efaa430e82ff8656cd6b88c1a59e2040581285c', 'image/png', 3782, 16777216, 480, 320, NULL, 'L,C[X|kDR.kD%%j]R.bIV=f6WXay', '[{"name": "small", "bytes": 754, "width": 320, "height": 213}, {"name": "medium", "bytes": 1130, "width": 480, "height": 320}, {"name": "large", "bytes": 1130, "width": 480, "height": 320}]'),
	('01a20977-db8d-7355-bedc-3aa0d2b06a47', '01a20977-c5f0-71d8-b46d-1302625827ae', 'post', '\x91df8ad2a34189ad0b5a9dfcee854c6d7e90c9dfe48200ab60e7da90c1890a6a', 'image/png', 3481, 16777216, 480, 320, NULL, 'LHBe;CogM}o4=*j]oeoME1ayxsj?', '[{"name": "small", "bytes": 568, "width": 320, "height": 213}, {"name": "medium", "bytes": 874, "width": 480, "height": 320}, {"name": "large", "bytes": 874, "width": 480, "height": 320}]');


--
-- Data for Name: claims; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.claims VALUES
	('01a20977-d878-7776-82e1-3a80444401c2', '01a20977-d899-7795-8380-cd7bc773ec2c', '01a20977-c05c-77f4-b242-2b369536ed9c'),
	('01a20977-d9c7-70be-b1fa-8dd51e8e9a5c', '01a20977-d9e0-7704-b6a4-23a1bc90d20c', '01a20977-c340-749e-9071-613c5bdbd6ee'),
	('01a20977-dafd-7394-a4f6-8a32402f0032', '01a20977-db15-771f-aece-58bd58cb17b6', '01a20977-c5f0-71d8-b46d-1302625827ae');


--
-- Data for Name: dead_letter_audit; Type: TABLE DATA; Schema: public; Owner: -
--



--
-- Data for Name: dead_letters; Type: TABLE DATA; Schema: public; Owner: -
--



--
-- Data for Name: erasures; Type: TABLE DATA; Schema: public; Owner: -
--



--
-- Data for Name: exports; Type: TABLE DATA; Schema: public; Owner: -
--



--
-- Data for Name: folders; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.folders VALUES
	('01a20977-d91b-7501-b9d6-defa2116b88a', '01a20977-c05c-77f4-b242-2b369536ed9c', NULL),
	('01a20977-da3c-7559-95d3-d5b08b898e70', '01a20977-c340-749e-9071-613c5bdbd6ee', NULL),
	('01a20977-db8d-7355-bedc-3aa0d2b06a47', '01a20977-c5f0-71d8-b46d-1302625827ae', NULL);


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
	('media', '01a20977-d89a-7542-b345-a1944fb7832c', '2026-11-23 17:32:58.925654+00'),
	('media', '01a20977-d95d-7026-be8c-85599828b3e0', '2026-11-23 17:32:59.111152+00'),
	('media', '01a20977-d9e1-77fa-a459-4704bc44ba72', '2026-11-23 17:32:59.247451+00'),
	('media', '01a20977-da7c-7686-99bf-12064b53af2d', '2026-11-23 17:32:59.401933+00'),
	('media', '01a20977-db16-77b5-9f3c-6bbd285fea8d', '2026-11-23 17:32:59.561331+00'),
	('media', '01a20977-dbb3-7362-829e-59740cc8ab45', '2026-11-23 17:32:59.718029+00');


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
	('01a20977-d878-7776-82e1-3a80444401c2', '01a20977-c05c-77f4-b242-2b369536ed9c', NULL, 'post', 'A low sun over a calm sea, under a pink sky', 'ready', NULL, 'image/png', 3721, '01a20977-d91b-7501-b9d6-defa2116b88a', 2, NULL, 1, '2026-11-23 17:33:28.894099+00', '\x52f445d91caed0b93718e670828487c14943ac5c014c70c22fe7e3be83ddbcf2'),
	('01a20977-d9c7-70be-b1fa-8dd51e8e9a5c', '01a20977-c340-749e-9071-613c5bdbd6ee', NULL, 'post', 'A high sun over a calm sea, under a blue sky', 'ready', NULL, 'image/png', 3782, '01a20977-da3c-7559-95d3-d5b08b898e70', 2, NULL, 1, '2026-11-23 17:33:29.227995+00', '\xd9f0d0c854b0837619d7e0083efaa430e82ff8656cd6b88c1a59e2040581285c'),
	('01a20977-dafd-7394-a4f6-8a32402f0032', '01a20977-c5f0-71d8-b46d-1302625827ae', NULL, 'post', 'Half a sun behind a calm sea, under a violet sky', 'ready', NULL, 'image/png', 3481, '01a20977-db8d-7355-bedc-3aa0d2b06a47', 2, NULL, 1, '2026-11-23 17:33:29.535466+00', '\x91df8ad2a34189ad0b5a9dfcee854c6d7e90c9dfe48200ab60e7da90c1890a6a');


--
-- Data for Name: messages; Type: TABLE DATA; Schema: public; Owner: -
--



--
-- Data for Name: outbox; Type: TABLE DATA; Schema: public; Owner: -
--



--
-- Data for Name: parked_sequences; Type: TABLE DATA; Schema: public; Owner: -
--



--
-- Data for Name: pieces; Type: TABLE DATA; Schema: public; Owner: -
--



--
-- Data for Name: posts; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.posts VALUES
	('01a20977-d899-7795-8380-cd7bc773ec2c', '01a20977-c05c-77f4-b242-2b369536ed9c', 2, false),
	('01a20977-d9e0-7704-b6a4-23a1bc90d20c', '01a20977-c340-749e-9071-613c5bdbd6ee', 2, false),
	('01a20977-db15-771f-aece-58bd58cb17b6', '01a20977-c5f0-71d8-b46d-1302625827ae', 2, false);


--
-- Data for Name: uploads; Type: TABLE DATA; Schema: public; Owner: -
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

SELECT pg_catalog.setval('public.outbox_id_seq', 3, true);


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
-- Name: blobs blobs_owner_id_purpose_sha256_key; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.blobs
    ADD CONSTRAINT blobs_owner_id_purpose_sha256_key UNIQUE (owner_id, purpose, sha256);


--
-- Name: blobs blobs_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.blobs
    ADD CONSTRAINT blobs_pkey PRIMARY KEY (id);


--
-- Name: claims claims_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.claims
    ADD CONSTRAINT claims_pkey PRIMARY KEY (media_id, post_id);


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
-- Name: folders folders_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.folders
    ADD CONSTRAINT folders_pkey PRIMARY KEY (id);


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
    ADD CONSTRAINT media_pkey PRIMARY KEY (id);


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
-- Name: parked_sequences parked_sequences_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.parked_sequences
    ADD CONSTRAINT parked_sequences_pkey PRIMARY KEY (consumer, topic, sequence);


--
-- Name: pieces pieces_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.pieces
    ADD CONSTRAINT pieces_pkey PRIMARY KEY (upload_id, start);


--
-- Name: posts posts_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.posts
    ADD CONSTRAINT posts_pkey PRIMARY KEY (id);


--
-- Name: uploads uploads_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.uploads
    ADD CONSTRAINT uploads_pkey PRIMARY KEY (id);


--
-- Name: claims_by_post; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX claims_by_post ON public.claims USING btree (post_id);


--
-- Name: claims_by_user; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX claims_by_user ON public.claims USING btree (user_id);


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
-- Name: folders_by_owner; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX folders_by_owner ON public.folders USING btree (owner_id);


--
-- Name: folders_to_remove; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX folders_to_remove ON public.folders USING btree (remove_at) WHERE (remove_at IS NOT NULL);


--
-- Name: idempotency_keys_created_at; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX idempotency_keys_created_at ON public.idempotency_keys USING btree (created_at);


--
-- Name: media_by_blob; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX media_by_blob ON public.media USING btree (blob_id);


--
-- Name: media_by_owner; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX media_by_owner ON public.media USING btree (owner_id, id DESC);


--
-- Name: media_to_read; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX media_to_read ON public.media USING btree (busy_until) WHERE (state = 'processing'::text);


--
-- Name: media_unclaimed; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX media_unclaimed ON public.media USING btree (unclaimed_since) WHERE (unclaimed_since IS NOT NULL);


--
-- Name: messages_by_user; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX messages_by_user ON public.messages USING btree (user_id);


--
-- Name: parked_sequences_next; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX parked_sequences_next ON public.parked_sequences USING btree (consumer, next_at) WHERE (next_at IS NOT NULL);


--
-- Name: parked_sequences_replay; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX parked_sequences_replay ON public.parked_sequences USING btree (consumer, replay_requested_at) WHERE (replay_requested_at IS NOT NULL);


--
-- Name: posts_by_user; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX posts_by_user ON public.posts USING btree (user_id);


--
-- Name: uploads_by_end; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX uploads_by_end ON public.uploads USING btree (expires_at);


--
-- Name: uploads_by_owner; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX uploads_by_owner ON public.uploads USING btree (owner_id);


--
-- Name: media media_blob_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.media
    ADD CONSTRAINT media_blob_id_fkey FOREIGN KEY (blob_id) REFERENCES public.blobs(id);


--
-- PostgreSQL database dump complete
--


