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
-- Name: approvals; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.approvals (
    number bigint NOT NULL,
    proposal_id text NOT NULL,
    evidence_digest text NOT NULL,
    reviewer text NOT NULL,
    assurance integer NOT NULL,
    at timestamp with time zone NOT NULL,
    expires_at timestamp with time zone NOT NULL,
    comment text NOT NULL,
    CONSTRAINT ck_approvals_assurance CHECK (((assurance >= 1) AND (assurance <= 4)))
);


--
-- Name: approvals_number_seq; Type: SEQUENCE; Schema: public; Owner: -
--

CREATE SEQUENCE public.approvals_number_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;


--
-- Name: approvals_number_seq; Type: SEQUENCE OWNED BY; Schema: public; Owner: -
--

ALTER SEQUENCE public.approvals_number_seq OWNED BY public.approvals.number;


--
-- Name: audit_entries; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.audit_entries (
    sequence bigint NOT NULL,
    previous text NOT NULL,
    hash text NOT NULL,
    event text NOT NULL,
    CONSTRAINT ck_audit_entries_sequence CHECK ((sequence > 0))
);


--
-- Name: document_revisions; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.document_revisions (
    environment text NOT NULL,
    kind text NOT NULL,
    key text NOT NULL,
    revision bigint NOT NULL,
    digest text NOT NULL,
    body text,
    alive boolean NOT NULL,
    proposal_id text NOT NULL,
    at timestamp with time zone NOT NULL,
    reviewed boolean NOT NULL,
    CONSTRAINT ck_document_revisions_kind CHECK ((kind = ANY (ARRAY['flag'::text, 'cohort'::text, 'settings'::text]))),
    CONSTRAINT ck_document_revisions_revision CHECK ((revision > 0))
);


--
-- Name: documents; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.documents (
    environment text NOT NULL,
    kind text NOT NULL,
    key text NOT NULL,
    revision bigint NOT NULL,
    digest text NOT NULL,
    body text NOT NULL,
    updated_at timestamp with time zone NOT NULL
);


--
-- Name: drysail_schema; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.drysail_schema (
    version_num character varying(32) NOT NULL
);


--
-- Name: environments; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.environments (
    name text NOT NULL,
    sandbox boolean NOT NULL,
    revision bigint NOT NULL,
    created_at timestamp with time zone NOT NULL,
    CONSTRAINT ck_environments_revision CHECK ((revision >= 0))
);


--
-- Name: evidence; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.evidence (
    digest text NOT NULL,
    proposal_id text NOT NULL,
    decision text NOT NULL,
    content text NOT NULL,
    CONSTRAINT ck_evidence_decision CHECK ((decision = ANY (ARRAY['allow'::text, 'review'::text, 'deny'::text])))
);


--
-- Name: home; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.home (
    id integer NOT NULL,
    lineage text NOT NULL,
    serving_version bigint NOT NULL,
    CONSTRAINT ck_home_single CHECK ((id = 1))
);


--
-- Name: idempotency_keys; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.idempotency_keys (
    key text NOT NULL,
    proposal_id text NOT NULL
);


--
-- Name: keys; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.keys (
    id text NOT NULL,
    environment text NOT NULL,
    kind text NOT NULL,
    token text,
    token_sha256 text NOT NULL,
    hint text NOT NULL,
    scopes text NOT NULL,
    label text NOT NULL,
    on_behalf_of text,
    created_at timestamp with time zone NOT NULL,
    revoked_at timestamp with time zone,
    CONSTRAINT ck_keys_kind CHECK ((kind = ANY (ARRAY['public'::text, 'secret'::text, 'agent'::text]))),
    CONSTRAINT ck_keys_token CHECK (((token IS NULL) OR (kind = 'public'::text))),
    CONSTRAINT ck_keys_token_sha256 CHECK ((length(token_sha256) = 64))
);


--
-- Name: policies; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.policies (
    number bigint NOT NULL,
    name text NOT NULL,
    digest text NOT NULL,
    text text NOT NULL,
    activated_at timestamp with time zone NOT NULL,
    activated_by text NOT NULL
);


--
-- Name: policies_number_seq; Type: SEQUENCE; Schema: public; Owner: -
--

CREATE SEQUENCE public.policies_number_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;


--
-- Name: policies_number_seq; Type: SEQUENCE OWNED BY; Schema: public; Owner: -
--

ALTER SEQUENCE public.policies_number_seq OWNED BY public.policies.number;


--
-- Name: proposal_edits; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.proposal_edits (
    proposal_id text NOT NULL,
    "position" integer NOT NULL,
    kind text NOT NULL,
    key text NOT NULL,
    base_revision bigint NOT NULL,
    base_digest text,
    before text,
    after text,
    CONSTRAINT ck_proposal_edits_base_revision CHECK ((base_revision >= 0)),
    CONSTRAINT ck_proposal_edits_kind CHECK ((kind = ANY (ARRAY['flag'::text, 'cohort'::text, 'settings'::text])))
);


--
-- Name: proposals; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.proposals (
    number bigint NOT NULL,
    id text NOT NULL,
    environment text NOT NULL,
    kind text NOT NULL,
    operations text NOT NULL,
    reason text NOT NULL,
    expect text,
    actor text NOT NULL,
    created_at timestamp with time zone NOT NULL,
    expires_at timestamp with time zone NOT NULL,
    rebase_of text,
    reverts text,
    state text NOT NULL,
    evidence_digest text,
    note text NOT NULL,
    applied_at timestamp with time zone,
    applied_revision bigint,
    CONSTRAINT ck_proposals_applied CHECK (((state <> 'applied'::text) OR ((applied_at IS NOT NULL) AND (applied_revision IS NOT NULL) AND (evidence_digest IS NOT NULL)))),
    CONSTRAINT ck_proposals_kind CHECK ((kind = ANY (ARRAY['change'::text, 'import'::text, 'bootstrap'::text, 'revert'::text]))),
    CONSTRAINT ck_proposals_state CHECK ((state = ANY (ARRAY['judging'::text, 'allowed'::text, 'needs_review'::text, 'denied'::text, 'approved'::text, 'applied'::text, 'rejected'::text, 'withdrawn'::text, 'expired'::text, 'stale'::text])))
);


--
-- Name: proposals_number_seq; Type: SEQUENCE; Schema: public; Owner: -
--

CREATE SEQUENCE public.proposals_number_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;


--
-- Name: proposals_number_seq; Type: SEQUENCE OWNED BY; Schema: public; Owner: -
--

ALTER SEQUENCE public.proposals_number_seq OWNED BY public.proposals.number;


--
-- Name: servers; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.servers (
    id text NOT NULL,
    url text NOT NULL,
    pid integer NOT NULL,
    revisions text NOT NULL,
    live_at timestamp with time zone NOT NULL,
    seen_at timestamp with time zone NOT NULL
);


--
-- Name: snapshots; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.snapshots (
    number bigint NOT NULL,
    id text NOT NULL,
    environment text NOT NULL,
    digest text NOT NULL,
    facts text NOT NULL,
    manifest text NOT NULL,
    registered_at timestamp with time zone NOT NULL
);


--
-- Name: snapshots_number_seq; Type: SEQUENCE; Schema: public; Owner: -
--

CREATE SEQUENCE public.snapshots_number_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;


--
-- Name: snapshots_number_seq; Type: SEQUENCE OWNED BY; Schema: public; Owner: -
--

ALTER SEQUENCE public.snapshots_number_seq OWNED BY public.snapshots.number;


--
-- Name: approvals number; Type: DEFAULT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.approvals ALTER COLUMN number SET DEFAULT nextval('public.approvals_number_seq'::regclass);


--
-- Name: policies number; Type: DEFAULT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.policies ALTER COLUMN number SET DEFAULT nextval('public.policies_number_seq'::regclass);


--
-- Name: proposals number; Type: DEFAULT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.proposals ALTER COLUMN number SET DEFAULT nextval('public.proposals_number_seq'::regclass);


--
-- Name: snapshots number; Type: DEFAULT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.snapshots ALTER COLUMN number SET DEFAULT nextval('public.snapshots_number_seq'::regclass);


--
-- Data for Name: approvals; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.approvals VALUES (1, 'pr_031978_6', '25755f3587ca4e8eb90f76f7d306f9ad9415eee1e5d81106beb93ca486877840', 'user:bob', 2, '2026-11-22 08:15:30.123456+00', '2026-11-23 08:15:30.123456+00', 'Looks fine.');


--
-- Data for Name: audit_entries; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.audit_entries VALUES (1, '0000000000000000000000000000000000000000000000000000000000000000', '0bebec56e3b5ed93ea638c89d982ce2a814713a832b8eae9c88d118b273da35b', '{"at":"2026-11-22T08:15:30.123456Z","action":"proposal.created","environment":"production","subject":"pr_031978_4","actor":{"kind":"agent","principal":"agent:key_1","on_behalf_of":"user:ann","client":"claude 2.1"},"reason":"Because.","details":{"kind":"change","edits":["flag:checkout"],"subjects":12}}');
INSERT INTO public.audit_entries VALUES (2, '0bebec56e3b5ed93ea638c89d982ce2a814713a832b8eae9c88d118b273da35b', '4b94e0d346d30966ebe94bdd9207e8e0c973ce072d883765bfda87222f9f4aba', '{"at":"2026-11-22T08:15:30.123456Z","action":"key.created","environment":"production","subject":"pr_1","actor":{"kind":"person","principal":"user:bob","on_behalf_of":null,"client":null},"reason":"Because.","details":{"kind":"change","edits":["flag:checkout"],"subjects":12}}');


--
-- Data for Name: document_revisions; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.document_revisions VALUES ('production', 'flag', 'checkout', 1, '7b70a607999ebdc5dd9b41dca84ce73fe4d6dbfb93b011050cacdb5dfa5346db', '{"active":true,"n":1.0}', true, 'pr_031978_4', '2026-11-22 08:15:30.123456+00', true);
INSERT INTO public.document_revisions VALUES ('production', 'flag', 'checkout', 2, '78b558bd2357fbe7ad52804fb3af1b8664b23db096b1deb22d215dde25b152bf', '{"active":false}', true, 'pr_031978_5', '2026-11-22 08:15:30.123456+00', false);
INSERT INTO public.document_revisions VALUES ('production', 'cohort', '7', 1, '44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a', '{}', true, 'pr_031978_5', '2026-11-22 08:15:30.123456+00', false);


--
-- Data for Name: documents; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.documents VALUES ('production', 'flag', 'checkout', 2, '78b558bd2357fbe7ad52804fb3af1b8664b23db096b1deb22d215dde25b152bf', '{"active":false}', '2026-11-22 08:15:30.123456+00');
INSERT INTO public.documents VALUES ('production', 'cohort', '7', 1, '44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a', '{}', '2026-11-22 08:15:30.123456+00');


--
-- Data for Name: drysail_schema; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.drysail_schema VALUES ('0001');


--
-- Data for Name: environments; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.environments VALUES ('demo', false, 0, '2026-11-22 08:15:30.123456+00');
INSERT INTO public.environments VALUES ('production', false, 2, '2026-11-22 08:15:30.123456+00');


--
-- Data for Name: evidence; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.evidence VALUES ('deaad9e50a28dcaeb57079f96a5a601ad9d1a8da12e1908a8ba5bcb0d827c295', 'pr_031978_4', 'allow', '{"format":1,"proposal_id":"pr_031978_4","environment":"production","lineage":"00000000000000000000000000000000","pins":[{"ref":{"kind":"flag","key":"checkout"},"revision":3,"digest":"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"}],"change_digest":"bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb","traffic":{"snapshot":"sn_1","digest":"dddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddd","environment":"production","provenance":"recorded","first_at":"2026-11-22T08:15:30.123456Z","newest_at":"2026-11-22T09:15:30.123456Z","largest_gap_seconds":4,"subjects":1000,"contexts":1200,"checks":5000,"dropped":0,"sampled_ppm":1000000},"policy_digest":"cccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc","evaluation_version":"1","judged_at":"2026-11-22T08:15:30.123456Z","impact":{"flags":[],"subjects":1000,"changed_subjects":12,"undetermined_subjects":0,"fidelity":{"compared":10,"differing":1,"compared_checks":20,"differing_checks":2,"causes":{"unexplained":1}},"now":"2026-11-22T08:15:30.123456Z","evaluation_version":"1"},"verdict":{"decision":"allow","findings":[{"rule":"ramp.step","level":"approve","state":"pass","observed":"40 %","limit":"25 %","message":"Too much at once.","flag":"checkout","scope":"","fix":{"kind":"set","text":"≤ 25 % passes","path":"rollout_percentage","value":25.5}}],"policy":"standard","policy_digest":"cccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc"},"digest":"deaad9e50a28dcaeb57079f96a5a601ad9d1a8da12e1908a8ba5bcb0d827c295"}');
INSERT INTO public.evidence VALUES ('530552aa38754ba9a45787eb93f8da8de2f06c7f7c1c4e223eefce969eeae705', 'pr_031978_5', 'allow', '{"format":1,"proposal_id":"pr_031978_5","environment":"production","lineage":"00000000000000000000000000000000","pins":[{"ref":{"kind":"flag","key":"checkout"},"revision":3,"digest":"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"}],"change_digest":"bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb","traffic":{"snapshot":"sn_1","digest":"dddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddd","environment":"production","provenance":"recorded","first_at":"2026-11-22T08:15:30.123456Z","newest_at":"2026-11-22T09:15:30.123456Z","largest_gap_seconds":4,"subjects":1000,"contexts":1200,"checks":5000,"dropped":0,"sampled_ppm":1000000},"policy_digest":"cccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc","evaluation_version":"1","judged_at":"2026-11-22T08:15:30.123456Z","impact":{"flags":[],"subjects":1000,"changed_subjects":12,"undetermined_subjects":0,"fidelity":{"compared":10,"differing":1,"compared_checks":20,"differing_checks":2,"causes":{"unexplained":1}},"now":"2026-11-22T08:15:30.123456Z","evaluation_version":"1"},"verdict":{"decision":"allow","findings":[{"rule":"ramp.step","level":"approve","state":"pass","observed":"40 %","limit":"25 %","message":"Too much at once.","flag":"checkout","scope":"","fix":{"kind":"set","text":"≤ 25 % passes","path":"rollout_percentage","value":25.5}}],"policy":"standard","policy_digest":"cccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc"},"digest":"530552aa38754ba9a45787eb93f8da8de2f06c7f7c1c4e223eefce969eeae705"}');
INSERT INTO public.evidence VALUES ('25755f3587ca4e8eb90f76f7d306f9ad9415eee1e5d81106beb93ca486877840', 'pr_031978_6', 'review', '{"format":1,"proposal_id":"pr_031978_6","environment":"production","lineage":"00000000000000000000000000000000","pins":[{"ref":{"kind":"flag","key":"checkout"},"revision":3,"digest":"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"}],"change_digest":"bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb","traffic":{"snapshot":"sn_1","digest":"dddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddd","environment":"production","provenance":"recorded","first_at":"2026-11-22T08:15:30.123456Z","newest_at":"2026-11-22T09:15:30.123456Z","largest_gap_seconds":4,"subjects":1000,"contexts":1200,"checks":5000,"dropped":0,"sampled_ppm":1000000},"policy_digest":"cccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc","evaluation_version":"1","judged_at":"2026-11-22T08:15:30.123456Z","impact":{"flags":[],"subjects":1000,"changed_subjects":12,"undetermined_subjects":0,"fidelity":{"compared":10,"differing":1,"compared_checks":20,"differing_checks":2,"causes":{"unexplained":1}},"now":"2026-11-22T08:15:30.123456Z","evaluation_version":"1"},"verdict":{"decision":"review","findings":[{"rule":"ramp.step","level":"approve","state":"fail","observed":"40 %","limit":"25 %","message":"Too much at once.","flag":"checkout","scope":"","fix":{"kind":"set","text":"≤ 25 % passes","path":"rollout_percentage","value":25.5}}],"policy":"standard","policy_digest":"cccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc"},"digest":"25755f3587ca4e8eb90f76f7d306f9ad9415eee1e5d81106beb93ca486877840"}');


--
-- Data for Name: home; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.home VALUES (1, '81e16d92642b4240a0a011ea0d4e027c', 1);


--
-- Data for Name: idempotency_keys; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.idempotency_keys VALUES ('retry-1', 'pr_031978_6');


--
-- Data for Name: keys; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.keys VALUES ('key_2', 'production', 'public', 'two', '3fc4ccfe745870e2c0d99f71f30ff0656c8dedd41cc1d7d3d376b0dbe685e2f3', 'two', '[]', 'CI', NULL, '2026-11-22 08:15:30.123456+00', NULL);
INSERT INTO public.keys VALUES ('key_1', 'production', 'agent', NULL, '7692c3ad3540bb803c020b3aee66cd8887123234ea0c6e7143c0add73ff431ed', 'one', '["flags:read","flags:propose"]', 'CI', 'user:ann', '2026-11-22 08:15:30.123456+00', '2026-11-22 08:15:30.123456+00');


--
-- Data for Name: policies; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.policies VALUES (1, 'strict', 'cccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc', 'version: 1
# Grüße
', '2026-11-22 08:15:30.123456+00', 'user:bob');


--
-- Data for Name: proposal_edits; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.proposal_edits VALUES ('pr_031978_4', 0, 'flag', 'checkout', 0, NULL, NULL, '{"active":true,"n":1.0}');
INSERT INTO public.proposal_edits VALUES ('pr_031978_5', 0, 'flag', 'checkout', 1, '7b70a607999ebdc5dd9b41dca84ce73fe4d6dbfb93b011050cacdb5dfa5346db', '{"active":true,"n":1.0}', '{"active":false}');
INSERT INTO public.proposal_edits VALUES ('pr_031978_5', 1, 'cohort', '7', 0, NULL, NULL, '{}');
INSERT INTO public.proposal_edits VALUES ('pr_031978_6', 0, 'flag', 'other', 0, NULL, NULL, '{}');


--
-- Data for Name: proposals; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.proposals VALUES (1, 'pr_031978_4', 'production', 'change', '[{"op":"set_rollout","percentage":25}]', 'Because.', NULL, '{"kind":"agent","principal":"agent:key_1","on_behalf_of":"user:ann","client":"claude 2.1"}', '2026-11-22 08:15:30.123456+00', '2026-11-25 08:15:30.123456+00', NULL, NULL, 'applied', 'deaad9e50a28dcaeb57079f96a5a601ad9d1a8da12e1908a8ba5bcb0d827c295', '', '2026-11-22 08:15:30.123456+00', 1);
INSERT INTO public.proposals VALUES (2, 'pr_031978_5', 'production', 'change', '[{"op":"set_rollout","percentage":25}]', 'Because.', NULL, '{"kind":"agent","principal":"agent:key_1","on_behalf_of":"user:ann","client":"claude 2.1"}', '2026-11-22 08:15:30.123456+00', '2026-11-25 08:15:30.123456+00', NULL, NULL, 'applied', '530552aa38754ba9a45787eb93f8da8de2f06c7f7c1c4e223eefce969eeae705', '', '2026-11-22 08:15:30.123456+00', 2);
INSERT INTO public.proposals VALUES (3, 'pr_031978_6', 'production', 'change', '[{"op":"set_rollout","percentage":25}]', 'Because.', NULL, '{"kind":"agent","principal":"agent:key_1","on_behalf_of":"user:ann","client":"claude 2.1"}', '2026-11-22 08:15:30.123456+00', '2026-11-25 08:15:30.123456+00', NULL, NULL, 'approved', '25755f3587ca4e8eb90f76f7d306f9ad9415eee1e5d81106beb93ca486877840', '', NULL, NULL);


--
-- Data for Name: servers; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.servers VALUES ('sv_1', 'http://127.0.0.1:8470', 4711, '{"production":3}', '2026-11-22 08:15:30.123456+00', '2026-11-22 08:15:30.123456+00');


--
-- Data for Name: snapshots; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.snapshots VALUES (1, 'sn_1', 'production', '2a7e933baab3115e82e0fb26cb893f37c3cbe4ca5e5cbc846b68a1bfb3789cef', '{"snapshot":"sn_1","digest":"dddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddd","environment":"production","provenance":"recorded","first_at":"2026-11-22T08:15:30.123456Z","newest_at":"2026-11-22T09:15:30.123456Z","largest_gap_seconds":4,"subjects":1000,"contexts":1200,"checks":5000,"dropped":0,"sampled_ppm":1000000}', '{"segments":[{"name":"0001.parquet","sha256":"eeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeee"}]}', '2026-11-22 08:15:30.123456+00');


--
-- Name: approvals_number_seq; Type: SEQUENCE SET; Schema: public; Owner: -
--

SELECT pg_catalog.setval('public.approvals_number_seq', 1, true);


--
-- Name: policies_number_seq; Type: SEQUENCE SET; Schema: public; Owner: -
--

SELECT pg_catalog.setval('public.policies_number_seq', 1, true);


--
-- Name: proposals_number_seq; Type: SEQUENCE SET; Schema: public; Owner: -
--

SELECT pg_catalog.setval('public.proposals_number_seq', 3, true);


--
-- Name: snapshots_number_seq; Type: SEQUENCE SET; Schema: public; Owner: -
--

SELECT pg_catalog.setval('public.snapshots_number_seq', 1, true);


--
-- Name: drysail_schema drysail_schema_pkc; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.drysail_schema
    ADD CONSTRAINT drysail_schema_pkc PRIMARY KEY (version_num);


--
-- Name: approvals pk_approvals; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.approvals
    ADD CONSTRAINT pk_approvals PRIMARY KEY (number);


--
-- Name: audit_entries pk_audit_entries; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.audit_entries
    ADD CONSTRAINT pk_audit_entries PRIMARY KEY (sequence);


--
-- Name: document_revisions pk_document_revisions; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.document_revisions
    ADD CONSTRAINT pk_document_revisions PRIMARY KEY (environment, kind, key, revision);


--
-- Name: documents pk_documents; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.documents
    ADD CONSTRAINT pk_documents PRIMARY KEY (environment, kind, key);


--
-- Name: environments pk_environments; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.environments
    ADD CONSTRAINT pk_environments PRIMARY KEY (name);


--
-- Name: evidence pk_evidence; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.evidence
    ADD CONSTRAINT pk_evidence PRIMARY KEY (digest);


--
-- Name: home pk_home; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.home
    ADD CONSTRAINT pk_home PRIMARY KEY (id);


--
-- Name: idempotency_keys pk_idempotency_keys; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.idempotency_keys
    ADD CONSTRAINT pk_idempotency_keys PRIMARY KEY (key);


--
-- Name: keys pk_keys; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.keys
    ADD CONSTRAINT pk_keys PRIMARY KEY (id);


--
-- Name: policies pk_policies; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.policies
    ADD CONSTRAINT pk_policies PRIMARY KEY (number);


--
-- Name: proposal_edits pk_proposal_edits; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.proposal_edits
    ADD CONSTRAINT pk_proposal_edits PRIMARY KEY (proposal_id, "position");


--
-- Name: proposals pk_proposals; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.proposals
    ADD CONSTRAINT pk_proposals PRIMARY KEY (number);


--
-- Name: servers pk_servers; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.servers
    ADD CONSTRAINT pk_servers PRIMARY KEY (id);


--
-- Name: snapshots pk_snapshots; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.snapshots
    ADD CONSTRAINT pk_snapshots PRIMARY KEY (number);


--
-- Name: approvals uq_approvals_evidence_digest_reviewer_at; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.approvals
    ADD CONSTRAINT uq_approvals_evidence_digest_reviewer_at UNIQUE (evidence_digest, reviewer, at);


--
-- Name: audit_entries uq_audit_entries_hash; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.audit_entries
    ADD CONSTRAINT uq_audit_entries_hash UNIQUE (hash);


--
-- Name: document_revisions uq_document_revisions_proposal_id_environment_kind_key; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.document_revisions
    ADD CONSTRAINT uq_document_revisions_proposal_id_environment_kind_key UNIQUE (proposal_id, environment, kind, key);


--
-- Name: evidence uq_evidence_digest_proposal_id; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.evidence
    ADD CONSTRAINT uq_evidence_digest_proposal_id UNIQUE (digest, proposal_id);


--
-- Name: keys uq_keys_token_sha256; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.keys
    ADD CONSTRAINT uq_keys_token_sha256 UNIQUE (token_sha256);


--
-- Name: proposal_edits uq_proposal_edits_proposal_id_kind_key; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.proposal_edits
    ADD CONSTRAINT uq_proposal_edits_proposal_id_kind_key UNIQUE (proposal_id, kind, key);


--
-- Name: proposals uq_proposals_id; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.proposals
    ADD CONSTRAINT uq_proposals_id UNIQUE (id);


--
-- Name: snapshots uq_snapshots_id; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.snapshots
    ADD CONSTRAINT uq_snapshots_id UNIQUE (id);


--
-- Name: ix_approvals_proposal_id; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX ix_approvals_proposal_id ON public.approvals USING btree (proposal_id);


--
-- Name: ix_evidence_proposal_id; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX ix_evidence_proposal_id ON public.evidence USING btree (proposal_id);


--
-- Name: ix_idempotency_keys_proposal_id; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX ix_idempotency_keys_proposal_id ON public.idempotency_keys USING btree (proposal_id);


--
-- Name: ix_keys_environment; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX ix_keys_environment ON public.keys USING btree (environment);


--
-- Name: ix_proposal_edits_kind_key; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX ix_proposal_edits_kind_key ON public.proposal_edits USING btree (kind, key);


--
-- Name: ix_proposals_environment_state; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX ix_proposals_environment_state ON public.proposals USING btree (environment, state);


--
-- Name: ix_snapshots_environment_registered_at; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX ix_snapshots_environment_registered_at ON public.snapshots USING btree (environment, registered_at);


--
-- Name: approvals fk_approvals_evidence_digest_proposal_id; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.approvals
    ADD CONSTRAINT fk_approvals_evidence_digest_proposal_id FOREIGN KEY (evidence_digest, proposal_id) REFERENCES public.evidence(digest, proposal_id);


--
-- Name: document_revisions fk_document_revisions_environment; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.document_revisions
    ADD CONSTRAINT fk_document_revisions_environment FOREIGN KEY (environment) REFERENCES public.environments(name);


--
-- Name: document_revisions fk_document_revisions_proposal_id; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.document_revisions
    ADD CONSTRAINT fk_document_revisions_proposal_id FOREIGN KEY (proposal_id) REFERENCES public.proposals(id);


--
-- Name: documents fk_documents_environment_kind_key_revision; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.documents
    ADD CONSTRAINT fk_documents_environment_kind_key_revision FOREIGN KEY (environment, kind, key, revision) REFERENCES public.document_revisions(environment, kind, key, revision);


--
-- Name: evidence fk_evidence_proposal_id; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.evidence
    ADD CONSTRAINT fk_evidence_proposal_id FOREIGN KEY (proposal_id) REFERENCES public.proposals(id);


--
-- Name: idempotency_keys fk_idempotency_keys_proposal_id; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.idempotency_keys
    ADD CONSTRAINT fk_idempotency_keys_proposal_id FOREIGN KEY (proposal_id) REFERENCES public.proposals(id);


--
-- Name: keys fk_keys_environment; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.keys
    ADD CONSTRAINT fk_keys_environment FOREIGN KEY (environment) REFERENCES public.environments(name);


--
-- Name: proposal_edits fk_proposal_edits_proposal_id; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.proposal_edits
    ADD CONSTRAINT fk_proposal_edits_proposal_id FOREIGN KEY (proposal_id) REFERENCES public.proposals(id);


--
-- Name: proposals fk_proposals_environment; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.proposals
    ADD CONSTRAINT fk_proposals_environment FOREIGN KEY (environment) REFERENCES public.environments(name);


--
-- Name: snapshots fk_snapshots_environment; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.snapshots
    ADD CONSTRAINT fk_snapshots_environment FOREIGN KEY (environment) REFERENCES public.environments(name);


--
-- PostgreSQL database dump complete
--


