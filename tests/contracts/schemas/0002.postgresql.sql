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

--
-- Name: approvals_keep_delete(); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.approvals_keep_delete() RETURNS trigger
    LANGUAGE plpgsql
    AS $$ BEGIN IF 1 = 1 THEN RAISE EXCEPTION USING ERRCODE = '23000', MESSAGE = 'drysail: approvals is append-only'; END IF; RETURN OLD; END $$;


--
-- Name: approvals_keep_truncate(); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.approvals_keep_truncate() RETURNS trigger
    LANGUAGE plpgsql
    AS $$ BEGIN RAISE EXCEPTION USING ERRCODE = '23000', MESSAGE = 'drysail: approvals is never emptied'; END $$;


--
-- Name: approvals_keep_update(); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.approvals_keep_update() RETURNS trigger
    LANGUAGE plpgsql
    AS $$ BEGIN IF 1 = 1 THEN RAISE EXCEPTION USING ERRCODE = '23000', MESSAGE = 'drysail: approvals is append-only'; END IF; RETURN NEW; END $$;


--
-- Name: approvals_not_replaced(); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.approvals_not_replaced() RETURNS trigger
    LANGUAGE plpgsql
    AS $$ BEGIN IF EXISTS (SELECT 1 FROM approvals AS o WHERE (o.number = NEW.number) OR (o.evidence_digest = NEW.evidence_digest AND o.reviewer = NEW.reviewer AND o.at = NEW.at)) THEN RAISE EXCEPTION USING ERRCODE = '23000', MESSAGE = 'drysail: it exists already'; END IF; RETURN NEW; END $$;


--
-- Name: audit_entries_chain(); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.audit_entries_chain() RETURNS trigger
    LANGUAGE plpgsql
    AS $$ BEGIN IF NEW.sequence <> COALESCE((SELECT MAX(a.sequence) FROM audit_entries AS a), 0) + 1
 OR NEW.previous <> COALESCE((SELECT b.hash FROM audit_entries AS b ORDER BY b.sequence DESC LIMIT 1),
 '0000000000000000000000000000000000000000000000000000000000000000') THEN RAISE EXCEPTION USING ERRCODE = '23000', MESSAGE = 'drysail: an audit entry follows the newest one'; END IF; RETURN NEW; END $$;


--
-- Name: audit_entries_keep_delete(); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.audit_entries_keep_delete() RETURNS trigger
    LANGUAGE plpgsql
    AS $$ BEGIN IF 1 = 1 THEN RAISE EXCEPTION USING ERRCODE = '23000', MESSAGE = 'drysail: audit_entries is append-only'; END IF; RETURN OLD; END $$;


--
-- Name: audit_entries_keep_truncate(); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.audit_entries_keep_truncate() RETURNS trigger
    LANGUAGE plpgsql
    AS $$ BEGIN RAISE EXCEPTION USING ERRCODE = '23000', MESSAGE = 'drysail: audit_entries is never emptied'; END $$;


--
-- Name: audit_entries_keep_update(); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.audit_entries_keep_update() RETURNS trigger
    LANGUAGE plpgsql
    AS $$ BEGIN IF 1 = 1 THEN RAISE EXCEPTION USING ERRCODE = '23000', MESSAGE = 'drysail: audit_entries is append-only'; END IF; RETURN NEW; END $$;


--
-- Name: audit_entries_not_replaced(); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.audit_entries_not_replaced() RETURNS trigger
    LANGUAGE plpgsql
    AS $$ BEGIN IF EXISTS (SELECT 1 FROM audit_entries AS o WHERE (o.sequence = NEW.sequence) OR (o.hash = NEW.hash)) THEN RAISE EXCEPTION USING ERRCODE = '23000', MESSAGE = 'drysail: it exists already'; END IF; RETURN NEW; END $$;


--
-- Name: document_revisions_edit(); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.document_revisions_edit() RETURNS trigger
    LANGUAGE plpgsql
    AS $$ BEGIN IF NOT EXISTS (SELECT 1 FROM proposal_edits AS e
 WHERE e.proposal_id = NEW.proposal_id AND e.kind = NEW.kind AND e.key = NEW.key AND e.after IS NOT DISTINCT FROM NEW.body
 AND e.base_revision = COALESCE((SELECT CASE WHEN r.body IS NULL THEN 0 ELSE r.revision END FROM document_revisions AS r
 WHERE r.environment = NEW.environment AND r.kind = NEW.kind AND r.key = NEW.key
 ORDER BY r.revision DESC LIMIT 1), 0)) THEN RAISE EXCEPTION USING ERRCODE = '23000', MESSAGE = 'drysail: the change is not what the proposal says'; END IF; RETURN NEW; END $$;


--
-- Name: document_revisions_keep_delete(); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.document_revisions_keep_delete() RETURNS trigger
    LANGUAGE plpgsql
    AS $$ BEGIN IF 1 = 1 THEN RAISE EXCEPTION USING ERRCODE = '23000', MESSAGE = 'drysail: document_revisions is append-only'; END IF; RETURN OLD; END $$;


--
-- Name: document_revisions_keep_truncate(); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.document_revisions_keep_truncate() RETURNS trigger
    LANGUAGE plpgsql
    AS $$ BEGIN RAISE EXCEPTION USING ERRCODE = '23000', MESSAGE = 'drysail: document_revisions is never emptied'; END $$;


--
-- Name: document_revisions_keep_update(); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.document_revisions_keep_update() RETURNS trigger
    LANGUAGE plpgsql
    AS $$ BEGIN IF 1 = 1 THEN RAISE EXCEPTION USING ERRCODE = '23000', MESSAGE = 'drysail: document_revisions is append-only'; END IF; RETURN NEW; END $$;


--
-- Name: document_revisions_not_replaced(); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.document_revisions_not_replaced() RETURNS trigger
    LANGUAGE plpgsql
    AS $$ BEGIN IF EXISTS (SELECT 1 FROM document_revisions AS o WHERE (o.proposal_id = NEW.proposal_id AND o.environment = NEW.environment AND o.kind = NEW.kind AND o.key = NEW.key)) THEN RAISE EXCEPTION USING ERRCODE = '23000', MESSAGE = 'drysail: it exists already'; END IF; RETURN NEW; END $$;


--
-- Name: document_revisions_number(); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.document_revisions_number() RETURNS trigger
    LANGUAGE plpgsql
    AS $$ BEGIN IF NEW.revision <> COALESCE((SELECT MAX(r.revision) FROM document_revisions AS r
 WHERE r.environment = NEW.environment AND r.kind = NEW.kind AND r.key = NEW.key), 0) + 1 THEN RAISE EXCEPTION USING ERRCODE = '23000', MESSAGE = 'drysail: revisions of a document are numbered without gaps'; END IF; RETURN NEW; END $$;


--
-- Name: document_revisions_proposal(); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.document_revisions_proposal() RETURNS trigger
    LANGUAGE plpgsql
    AS $$ BEGIN IF NOT EXISTS (SELECT 1 FROM proposals AS p
 WHERE p.id = NEW.proposal_id AND p.environment = NEW.environment AND p.state = 'applied') THEN RAISE EXCEPTION USING ERRCODE = '23000', MESSAGE = 'drysail: a document changes only by applying a proposal'; END IF; RETURN NEW; END $$;


--
-- Name: documents_delete(); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.documents_delete() RETURNS trigger
    LANGUAGE plpgsql
    AS $$ BEGIN IF NOT EXISTS (SELECT 1 FROM document_revisions AS r
 WHERE r.environment = OLD.environment AND r.kind = OLD.kind AND r.key = OLD.key
 AND r.revision = OLD.revision + 1 AND r.body IS NULL) THEN RAISE EXCEPTION USING ERRCODE = '23000', MESSAGE = 'drysail: a document is removed by a revision without a body'; END IF; RETURN OLD; END $$;


--
-- Name: documents_insert(); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.documents_insert() RETURNS trigger
    LANGUAGE plpgsql
    AS $$ BEGIN IF NEW.revision <> COALESCE((SELECT MAX(r.revision) FROM document_revisions AS r
 WHERE r.environment = NEW.environment AND r.kind = NEW.kind AND r.key = NEW.key), 0) OR NOT EXISTS (SELECT 1 FROM document_revisions AS r
 WHERE r.environment = NEW.environment AND r.kind = NEW.kind AND r.key = NEW.key
 AND r.revision = NEW.revision AND r.digest = NEW.digest AND r.body = NEW.body) THEN RAISE EXCEPTION USING ERRCODE = '23000', MESSAGE = 'drysail: a document is its newest revision'; END IF; RETURN NEW; END $$;


--
-- Name: documents_keep_truncate(); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.documents_keep_truncate() RETURNS trigger
    LANGUAGE plpgsql
    AS $$ BEGIN RAISE EXCEPTION USING ERRCODE = '23000', MESSAGE = 'drysail: documents is never emptied'; END $$;


--
-- Name: documents_step(); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.documents_step() RETURNS trigger
    LANGUAGE plpgsql
    AS $$ BEGIN IF NEW.environment <> OLD.environment OR NEW.kind <> OLD.kind OR NEW.key <> OLD.key
 OR NEW.revision <> OLD.revision + 1 THEN RAISE EXCEPTION USING ERRCODE = '23000', MESSAGE = 'drysail: a document moves to its next revision'; END IF; RETURN NEW; END $$;


--
-- Name: documents_update(); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.documents_update() RETURNS trigger
    LANGUAGE plpgsql
    AS $$ BEGIN IF NEW.revision <> COALESCE((SELECT MAX(r.revision) FROM document_revisions AS r
 WHERE r.environment = NEW.environment AND r.kind = NEW.kind AND r.key = NEW.key), 0) OR NOT EXISTS (SELECT 1 FROM document_revisions AS r
 WHERE r.environment = NEW.environment AND r.kind = NEW.kind AND r.key = NEW.key
 AND r.revision = NEW.revision AND r.digest = NEW.digest AND r.body = NEW.body) THEN RAISE EXCEPTION USING ERRCODE = '23000', MESSAGE = 'drysail: a document is its newest revision'; END IF; RETURN NEW; END $$;


--
-- Name: environments_delete(); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.environments_delete() RETURNS trigger
    LANGUAGE plpgsql
    AS $$ BEGIN IF 1 = 1 THEN RAISE EXCEPTION USING ERRCODE = '23000', MESSAGE = 'drysail: environments are kept'; END IF; RETURN OLD; END $$;


--
-- Name: environments_insert_served(); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.environments_insert_served() RETURNS trigger
    LANGUAGE plpgsql
    AS $$ BEGIN UPDATE home SET serving_version = serving_version + 1; RETURN NULL; END $$;


--
-- Name: environments_keep_truncate(); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.environments_keep_truncate() RETURNS trigger
    LANGUAGE plpgsql
    AS $$ BEGIN RAISE EXCEPTION USING ERRCODE = '23000', MESSAGE = 'drysail: environments is never emptied'; END $$;


--
-- Name: environments_name(); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.environments_name() RETURNS trigger
    LANGUAGE plpgsql
    AS $$ BEGIN IF NEW.name <> OLD.name OR NEW.revision < OLD.revision THEN RAISE EXCEPTION USING ERRCODE = '23000', MESSAGE = 'drysail: an environment keeps its name, and its revision only rises'; END IF; RETURN NEW; END $$;


--
-- Name: environments_not_replaced(); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.environments_not_replaced() RETURNS trigger
    LANGUAGE plpgsql
    AS $$ BEGIN IF EXISTS (SELECT 1 FROM environments AS o WHERE (o.name = NEW.name)) THEN RAISE EXCEPTION USING ERRCODE = '23000', MESSAGE = 'drysail: it exists already'; END IF; RETURN NEW; END $$;


--
-- Name: environments_sandbox(); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.environments_sandbox() RETURNS trigger
    LANGUAGE plpgsql
    AS $$ BEGIN IF NEW.sandbox AND NOT OLD.sandbox THEN RAISE EXCEPTION USING ERRCODE = '23000', MESSAGE = 'drysail: a real environment stays real'; END IF; RETURN NEW; END $$;


--
-- Name: environments_update_served(); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.environments_update_served() RETURNS trigger
    LANGUAGE plpgsql
    AS $$ BEGIN UPDATE home SET serving_version = serving_version + 1; RETURN NULL; END $$;


--
-- Name: evidence_keep_delete(); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.evidence_keep_delete() RETURNS trigger
    LANGUAGE plpgsql
    AS $$ BEGIN IF 1 = 1 THEN RAISE EXCEPTION USING ERRCODE = '23000', MESSAGE = 'drysail: evidence is append-only'; END IF; RETURN OLD; END $$;


--
-- Name: evidence_keep_truncate(); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.evidence_keep_truncate() RETURNS trigger
    LANGUAGE plpgsql
    AS $$ BEGIN RAISE EXCEPTION USING ERRCODE = '23000', MESSAGE = 'drysail: evidence is never emptied'; END $$;


--
-- Name: evidence_keep_update(); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.evidence_keep_update() RETURNS trigger
    LANGUAGE plpgsql
    AS $$ BEGIN IF 1 = 1 THEN RAISE EXCEPTION USING ERRCODE = '23000', MESSAGE = 'drysail: evidence is append-only'; END IF; RETURN NEW; END $$;


--
-- Name: evidence_not_replaced(); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.evidence_not_replaced() RETURNS trigger
    LANGUAGE plpgsql
    AS $$ BEGIN IF EXISTS (SELECT 1 FROM evidence AS o WHERE (o.digest = NEW.digest)) THEN RAISE EXCEPTION USING ERRCODE = '23000', MESSAGE = 'drysail: it exists already'; END IF; RETURN NEW; END $$;


--
-- Name: home_delete(); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.home_delete() RETURNS trigger
    LANGUAGE plpgsql
    AS $$ BEGIN IF 1 = 1 THEN RAISE EXCEPTION USING ERRCODE = '23000', MESSAGE = 'drysail: a home keeps its lineage'; END IF; RETURN OLD; END $$;


--
-- Name: home_keep_truncate(); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.home_keep_truncate() RETURNS trigger
    LANGUAGE plpgsql
    AS $$ BEGIN RAISE EXCEPTION USING ERRCODE = '23000', MESSAGE = 'drysail: home is never emptied'; END $$;


--
-- Name: home_not_replaced(); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.home_not_replaced() RETURNS trigger
    LANGUAGE plpgsql
    AS $$ BEGIN IF EXISTS (SELECT 1 FROM home AS o WHERE (o.id = NEW.id)) THEN RAISE EXCEPTION USING ERRCODE = '23000', MESSAGE = 'drysail: it exists already'; END IF; RETURN NEW; END $$;


--
-- Name: home_update(); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.home_update() RETURNS trigger
    LANGUAGE plpgsql
    AS $$ BEGIN IF NEW.lineage <> OLD.lineage THEN RAISE EXCEPTION USING ERRCODE = '23000', MESSAGE = 'drysail: a home keeps its lineage'; END IF; RETURN NEW; END $$;


--
-- Name: idempotency_keys_delete(); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.idempotency_keys_delete() RETURNS trigger
    LANGUAGE plpgsql
    AS $$ BEGIN IF 1 = 1 THEN RAISE EXCEPTION USING ERRCODE = '23000', MESSAGE = 'drysail: an idempotency key names one proposal'; END IF; RETURN OLD; END $$;


--
-- Name: idempotency_keys_keep_truncate(); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.idempotency_keys_keep_truncate() RETURNS trigger
    LANGUAGE plpgsql
    AS $$ BEGIN RAISE EXCEPTION USING ERRCODE = '23000', MESSAGE = 'drysail: idempotency_keys is never emptied'; END $$;


--
-- Name: idempotency_keys_not_replaced(); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.idempotency_keys_not_replaced() RETURNS trigger
    LANGUAGE plpgsql
    AS $$ BEGIN IF EXISTS (SELECT 1 FROM idempotency_keys AS o WHERE (o.key = NEW.key)) THEN RAISE EXCEPTION USING ERRCODE = '23000', MESSAGE = 'drysail: it exists already'; END IF; RETURN NEW; END $$;


--
-- Name: idempotency_keys_update(); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.idempotency_keys_update() RETURNS trigger
    LANGUAGE plpgsql
    AS $$ BEGIN IF 1 = 1 THEN RAISE EXCEPTION USING ERRCODE = '23000', MESSAGE = 'drysail: an idempotency key names one proposal'; END IF; RETURN NEW; END $$;


--
-- Name: keys_delete(); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.keys_delete() RETURNS trigger
    LANGUAGE plpgsql
    AS $$ BEGIN IF 1 = 1 THEN RAISE EXCEPTION USING ERRCODE = '23000', MESSAGE = 'drysail: keys are revoked, and kept'; END IF; RETURN OLD; END $$;


--
-- Name: keys_insert_served(); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.keys_insert_served() RETURNS trigger
    LANGUAGE plpgsql
    AS $$ BEGIN UPDATE home SET serving_version = serving_version + 1; RETURN NULL; END $$;


--
-- Name: keys_keep_truncate(); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.keys_keep_truncate() RETURNS trigger
    LANGUAGE plpgsql
    AS $$ BEGIN RAISE EXCEPTION USING ERRCODE = '23000', MESSAGE = 'drysail: keys is never emptied'; END $$;


--
-- Name: keys_not_replaced(); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.keys_not_replaced() RETURNS trigger
    LANGUAGE plpgsql
    AS $$ BEGIN IF EXISTS (SELECT 1 FROM keys AS o WHERE (o.id = NEW.id) OR (o.token_sha256 = NEW.token_sha256)) THEN RAISE EXCEPTION USING ERRCODE = '23000', MESSAGE = 'drysail: it exists already'; END IF; RETURN NEW; END $$;


--
-- Name: keys_update(); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.keys_update() RETURNS trigger
    LANGUAGE plpgsql
    AS $$ BEGIN IF NEW.id IS DISTINCT FROM OLD.id OR NEW.environment IS DISTINCT FROM OLD.environment OR NEW.kind IS DISTINCT FROM OLD.kind OR NEW.token IS DISTINCT FROM OLD.token OR NEW.token_sha256 IS DISTINCT FROM OLD.token_sha256 OR NEW.scopes IS DISTINCT FROM OLD.scopes OR NEW.on_behalf_of IS DISTINCT FROM OLD.on_behalf_of OR NEW.created_at IS DISTINCT FROM OLD.created_at OR (OLD.revoked_at IS NOT NULL AND NEW.revoked_at IS DISTINCT FROM OLD.revoked_at) THEN RAISE EXCEPTION USING ERRCODE = '23000', MESSAGE = 'drysail: a key can be revoked, once, and is otherwise never changed'; END IF; RETURN NEW; END $$;


--
-- Name: keys_update_served(); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.keys_update_served() RETURNS trigger
    LANGUAGE plpgsql
    AS $$ BEGIN UPDATE home SET serving_version = serving_version + 1; RETURN NULL; END $$;


--
-- Name: policies_keep_delete(); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.policies_keep_delete() RETURNS trigger
    LANGUAGE plpgsql
    AS $$ BEGIN IF 1 = 1 THEN RAISE EXCEPTION USING ERRCODE = '23000', MESSAGE = 'drysail: policies is append-only'; END IF; RETURN OLD; END $$;


--
-- Name: policies_keep_truncate(); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.policies_keep_truncate() RETURNS trigger
    LANGUAGE plpgsql
    AS $$ BEGIN RAISE EXCEPTION USING ERRCODE = '23000', MESSAGE = 'drysail: policies is never emptied'; END $$;


--
-- Name: policies_keep_update(); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.policies_keep_update() RETURNS trigger
    LANGUAGE plpgsql
    AS $$ BEGIN IF 1 = 1 THEN RAISE EXCEPTION USING ERRCODE = '23000', MESSAGE = 'drysail: policies is append-only'; END IF; RETURN NEW; END $$;


--
-- Name: policies_not_replaced(); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.policies_not_replaced() RETURNS trigger
    LANGUAGE plpgsql
    AS $$ BEGIN IF EXISTS (SELECT 1 FROM policies AS o WHERE (o.number = NEW.number)) THEN RAISE EXCEPTION USING ERRCODE = '23000', MESSAGE = 'drysail: it exists already'; END IF; RETURN NEW; END $$;


--
-- Name: proposal_edits_keep_delete(); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.proposal_edits_keep_delete() RETURNS trigger
    LANGUAGE plpgsql
    AS $$ BEGIN IF 1 = 1 THEN RAISE EXCEPTION USING ERRCODE = '23000', MESSAGE = 'drysail: proposal_edits is append-only'; END IF; RETURN OLD; END $$;


--
-- Name: proposal_edits_keep_truncate(); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.proposal_edits_keep_truncate() RETURNS trigger
    LANGUAGE plpgsql
    AS $$ BEGIN RAISE EXCEPTION USING ERRCODE = '23000', MESSAGE = 'drysail: proposal_edits is never emptied'; END $$;


--
-- Name: proposal_edits_keep_update(); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.proposal_edits_keep_update() RETURNS trigger
    LANGUAGE plpgsql
    AS $$ BEGIN IF 1 = 1 THEN RAISE EXCEPTION USING ERRCODE = '23000', MESSAGE = 'drysail: proposal_edits is append-only'; END IF; RETURN NEW; END $$;


--
-- Name: proposal_edits_late(); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.proposal_edits_late() RETURNS trigger
    LANGUAGE plpgsql
    AS $$ BEGIN IF EXISTS (SELECT 1 FROM evidence AS e WHERE e.proposal_id = NEW.proposal_id)
 OR EXISTS (SELECT 1 FROM proposals AS p WHERE p.id = NEW.proposal_id AND p.state NOT IN ('judging', 'allowed', 'needs_review', 'denied')) THEN RAISE EXCEPTION USING ERRCODE = '23000', MESSAGE = 'drysail: the content of a proposal never changes'; END IF; RETURN NEW; END $$;


--
-- Name: proposal_edits_not_replaced(); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.proposal_edits_not_replaced() RETURNS trigger
    LANGUAGE plpgsql
    AS $$ BEGIN IF EXISTS (SELECT 1 FROM proposal_edits AS o WHERE (o.proposal_id = NEW.proposal_id AND o.position = NEW.position) OR (o.proposal_id = NEW.proposal_id AND o.kind = NEW.kind AND o.key = NEW.key)) THEN RAISE EXCEPTION USING ERRCODE = '23000', MESSAGE = 'drysail: it exists already'; END IF; RETURN NEW; END $$;


--
-- Name: proposals_applied(); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.proposals_applied() RETURNS trigger
    LANGUAGE plpgsql
    AS $$ BEGIN IF NEW.state = 'applied' AND OLD.state <> 'applied' AND NOT EXISTS (SELECT 1 FROM evidence AS e
 WHERE e.digest = NEW.evidence_digest AND e.proposal_id = NEW.id
 AND ((OLD.state = 'allowed' AND e.decision = 'allow')
 OR (OLD.state = 'approved' AND e.decision <> 'deny' AND EXISTS (SELECT 1 FROM approvals AS a
 WHERE a.proposal_id = NEW.id AND a.evidence_digest = NEW.evidence_digest AND a.expires_at > NEW.applied_at)))) THEN RAISE EXCEPTION USING ERRCODE = '23000', MESSAGE = 'drysail: a proposal is applied only if exactly its evidence was allowed or approved'; END IF; RETURN NEW; END $$;


--
-- Name: proposals_approved(); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.proposals_approved() RETURNS trigger
    LANGUAGE plpgsql
    AS $$ BEGIN IF NEW.state = 'approved' AND NOT EXISTS (SELECT 1 FROM approvals AS a
 WHERE a.proposal_id = NEW.id AND a.evidence_digest = NEW.evidence_digest) THEN RAISE EXCEPTION USING ERRCODE = '23000', MESSAGE = 'drysail: a proposal is approved only with an approval of its evidence'; END IF; RETURN NEW; END $$;


--
-- Name: proposals_closed(); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.proposals_closed() RETURNS trigger
    LANGUAGE plpgsql
    AS $$ BEGIN IF OLD.state IN ('applied', 'rejected', 'withdrawn', 'expired', 'stale') THEN RAISE EXCEPTION USING ERRCODE = '23000', MESSAGE = 'drysail: a closed proposal stays as it is'; END IF; RETURN NEW; END $$;


--
-- Name: proposals_content(); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.proposals_content() RETURNS trigger
    LANGUAGE plpgsql
    AS $$ BEGIN IF NEW.number IS DISTINCT FROM OLD.number OR NEW.id IS DISTINCT FROM OLD.id OR NEW.environment IS DISTINCT FROM OLD.environment OR NEW.kind IS DISTINCT FROM OLD.kind OR NEW.operations IS DISTINCT FROM OLD.operations OR NEW.reason IS DISTINCT FROM OLD.reason OR NEW.expect IS DISTINCT FROM OLD.expect OR NEW.actor IS DISTINCT FROM OLD.actor OR NEW.created_at IS DISTINCT FROM OLD.created_at OR NEW.expires_at IS DISTINCT FROM OLD.expires_at OR NEW.rebase_of IS DISTINCT FROM OLD.rebase_of OR NEW.reverts IS DISTINCT FROM OLD.reverts THEN RAISE EXCEPTION USING ERRCODE = '23000', MESSAGE = 'drysail: the content of a proposal never changes'; END IF; RETURN NEW; END $$;


--
-- Name: proposals_keep(); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.proposals_keep() RETURNS trigger
    LANGUAGE plpgsql
    AS $$ BEGIN IF 1 = 1 THEN RAISE EXCEPTION USING ERRCODE = '23000', MESSAGE = 'drysail: proposals are kept'; END IF; RETURN OLD; END $$;


--
-- Name: proposals_keep_truncate(); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.proposals_keep_truncate() RETURNS trigger
    LANGUAGE plpgsql
    AS $$ BEGIN RAISE EXCEPTION USING ERRCODE = '23000', MESSAGE = 'drysail: proposals is never emptied'; END $$;


--
-- Name: proposals_not_replaced(); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.proposals_not_replaced() RETURNS trigger
    LANGUAGE plpgsql
    AS $$ BEGIN IF EXISTS (SELECT 1 FROM proposals AS o WHERE (o.id = NEW.id) OR (o.number = NEW.number)) THEN RAISE EXCEPTION USING ERRCODE = '23000', MESSAGE = 'drysail: it exists already'; END IF; RETURN NEW; END $$;


--
-- Name: proposals_start(); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.proposals_start() RETURNS trigger
    LANGUAGE plpgsql
    AS $$ BEGIN IF NEW.state NOT IN ('judging', 'allowed', 'needs_review', 'denied') THEN RAISE EXCEPTION USING ERRCODE = '23000', MESSAGE = 'drysail: a proposal starts open, and not approved'; END IF; RETURN NEW; END $$;


--
-- Name: snapshots_not_replaced(); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.snapshots_not_replaced() RETURNS trigger
    LANGUAGE plpgsql
    AS $$ BEGIN IF EXISTS (SELECT 1 FROM snapshots AS o WHERE (o.id = NEW.id) OR (o.number = NEW.number)) THEN RAISE EXCEPTION USING ERRCODE = '23000', MESSAGE = 'drysail: it exists already'; END IF; RETURN NEW; END $$;


--
-- Name: snapshots_update(); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.snapshots_update() RETURNS trigger
    LANGUAGE plpgsql
    AS $$ BEGIN IF 1 = 1 THEN RAISE EXCEPTION USING ERRCODE = '23000', MESSAGE = 'drysail: a snapshot never changes'; END IF; RETURN NEW; END $$;


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

INSERT INTO public.approvals VALUES (1, 'pr_e9053f_6', '371285b0dd1dd146f2d32e060a4cf21f2ea2560a4ced5d817ba6e17881fa2784', 'user:bob', 2, '2026-11-22 08:15:30.123456+00', '2026-11-23 08:15:30.123456+00', 'Looks fine.');


--
-- Data for Name: audit_entries; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.audit_entries VALUES (1, '0000000000000000000000000000000000000000000000000000000000000000', '79591be4f6c1093e3d8454b653bd45b83c15f548283961985f474f89524f1745', '{"at":"2026-11-22T08:15:30.123456Z","action":"proposal.created","environment":"production","subject":"pr_e9053f_4","actor":{"kind":"agent","principal":"agent:key_1","on_behalf_of":"user:ann","client":"claude 2.1"},"reason":"Because.","details":{"kind":"change","edits":["flag:checkout"],"subjects":12}}');
INSERT INTO public.audit_entries VALUES (2, '79591be4f6c1093e3d8454b653bd45b83c15f548283961985f474f89524f1745', '554ac25704cd71b01e781d62eae9e280dd8b6a4bb459ec482cba7696fa5a9585', '{"at":"2026-11-22T08:15:30.123456Z","action":"key.created","environment":"production","subject":"pr_1","actor":{"kind":"person","principal":"user:bob","on_behalf_of":null,"client":null},"reason":"Because.","details":{"kind":"change","edits":["flag:checkout"],"subjects":12}}');


--
-- Data for Name: document_revisions; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.document_revisions VALUES ('production', 'flag', 'checkout', 1, '7b70a607999ebdc5dd9b41dca84ce73fe4d6dbfb93b011050cacdb5dfa5346db', '{"active":true,"n":1.0}', true, 'pr_e9053f_4', '2026-11-22 08:15:30.123456+00', true);
INSERT INTO public.document_revisions VALUES ('production', 'flag', 'checkout', 2, '78b558bd2357fbe7ad52804fb3af1b8664b23db096b1deb22d215dde25b152bf', '{"active":false}', true, 'pr_e9053f_5', '2026-11-22 08:15:30.123456+00', false);
INSERT INTO public.document_revisions VALUES ('production', 'cohort', '7', 1, '44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a', '{}', true, 'pr_e9053f_5', '2026-11-22 08:15:30.123456+00', false);


--
-- Data for Name: documents; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.documents VALUES ('production', 'flag', 'checkout', 2, '78b558bd2357fbe7ad52804fb3af1b8664b23db096b1deb22d215dde25b152bf', '{"active":false}', '2026-11-22 08:15:30.123456+00');
INSERT INTO public.documents VALUES ('production', 'cohort', '7', 1, '44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a', '{}', '2026-11-22 08:15:30.123456+00');


--
-- Data for Name: drysail_schema; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.drysail_schema VALUES ('0002');


--
-- Data for Name: environments; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.environments VALUES ('demo', false, 0, '2026-11-22 08:15:30.123456+00');
INSERT INTO public.environments VALUES ('production', false, 2, '2026-11-22 08:15:30.123456+00');


--
-- Data for Name: evidence; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.evidence VALUES ('00e0583c8ff4c705bdd5de532de66f09dc035d01cf130d29ab5deaa748954ce0', 'pr_e9053f_4', 'allow', '{"format":1,"proposal_id":"pr_e9053f_4","environment":"production","lineage":"00000000000000000000000000000000","pins":[{"ref":{"kind":"flag","key":"checkout"},"revision":3,"digest":"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"}],"change_digest":"bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb","traffic":{"snapshot":"sn_1","digest":"dddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddd","environment":"production","provenance":"recorded","first_at":"2026-11-22T08:15:30.123456Z","newest_at":"2026-11-22T09:15:30.123456Z","largest_gap_seconds":4,"subjects":1000,"contexts":1200,"checks":5000,"dropped":0,"sampled_ppm":1000000},"policy_digest":"cccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc","evaluation_version":"1","judged_at":"2026-11-22T08:15:30.123456Z","impact":{"flags":[],"subjects":1000,"changed_subjects":12,"undetermined_subjects":0,"fidelity":{"compared":10,"differing":1,"compared_checks":20,"differing_checks":2,"causes":{"unexplained":1}},"now":"2026-11-22T08:15:30.123456Z","evaluation_version":"1"},"verdict":{"decision":"allow","findings":[{"rule":"ramp.step","level":"approve","state":"pass","observed":"40 %","limit":"25 %","message":"Too much at once.","flag":"checkout","scope":"","fix":{"kind":"set","text":"≤ 25 % passes","path":"rollout_percentage","value":25.5}}],"policy":"standard","policy_digest":"cccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc"},"digest":"00e0583c8ff4c705bdd5de532de66f09dc035d01cf130d29ab5deaa748954ce0"}');
INSERT INTO public.evidence VALUES ('d6de393770acc77007955b25a7b5a2e2220893cc7598468bc5241a91065e5235', 'pr_e9053f_5', 'allow', '{"format":1,"proposal_id":"pr_e9053f_5","environment":"production","lineage":"00000000000000000000000000000000","pins":[{"ref":{"kind":"flag","key":"checkout"},"revision":3,"digest":"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"}],"change_digest":"bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb","traffic":{"snapshot":"sn_1","digest":"dddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddd","environment":"production","provenance":"recorded","first_at":"2026-11-22T08:15:30.123456Z","newest_at":"2026-11-22T09:15:30.123456Z","largest_gap_seconds":4,"subjects":1000,"contexts":1200,"checks":5000,"dropped":0,"sampled_ppm":1000000},"policy_digest":"cccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc","evaluation_version":"1","judged_at":"2026-11-22T08:15:30.123456Z","impact":{"flags":[],"subjects":1000,"changed_subjects":12,"undetermined_subjects":0,"fidelity":{"compared":10,"differing":1,"compared_checks":20,"differing_checks":2,"causes":{"unexplained":1}},"now":"2026-11-22T08:15:30.123456Z","evaluation_version":"1"},"verdict":{"decision":"allow","findings":[{"rule":"ramp.step","level":"approve","state":"pass","observed":"40 %","limit":"25 %","message":"Too much at once.","flag":"checkout","scope":"","fix":{"kind":"set","text":"≤ 25 % passes","path":"rollout_percentage","value":25.5}}],"policy":"standard","policy_digest":"cccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc"},"digest":"d6de393770acc77007955b25a7b5a2e2220893cc7598468bc5241a91065e5235"}');
INSERT INTO public.evidence VALUES ('371285b0dd1dd146f2d32e060a4cf21f2ea2560a4ced5d817ba6e17881fa2784', 'pr_e9053f_6', 'review', '{"format":1,"proposal_id":"pr_e9053f_6","environment":"production","lineage":"00000000000000000000000000000000","pins":[{"ref":{"kind":"flag","key":"checkout"},"revision":3,"digest":"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"}],"change_digest":"bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb","traffic":{"snapshot":"sn_1","digest":"dddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddd","environment":"production","provenance":"recorded","first_at":"2026-11-22T08:15:30.123456Z","newest_at":"2026-11-22T09:15:30.123456Z","largest_gap_seconds":4,"subjects":1000,"contexts":1200,"checks":5000,"dropped":0,"sampled_ppm":1000000},"policy_digest":"cccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc","evaluation_version":"1","judged_at":"2026-11-22T08:15:30.123456Z","impact":{"flags":[],"subjects":1000,"changed_subjects":12,"undetermined_subjects":0,"fidelity":{"compared":10,"differing":1,"compared_checks":20,"differing_checks":2,"causes":{"unexplained":1}},"now":"2026-11-22T08:15:30.123456Z","evaluation_version":"1"},"verdict":{"decision":"review","findings":[{"rule":"ramp.step","level":"approve","state":"fail","observed":"40 %","limit":"25 %","message":"Too much at once.","flag":"checkout","scope":"","fix":{"kind":"set","text":"≤ 25 % passes","path":"rollout_percentage","value":25.5}}],"policy":"standard","policy_digest":"cccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc"},"digest":"371285b0dd1dd146f2d32e060a4cf21f2ea2560a4ced5d817ba6e17881fa2784"}');


--
-- Data for Name: home; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.home VALUES (1, '82d323d53b4440ea9b31662219d6dfd2', 9);


--
-- Data for Name: idempotency_keys; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.idempotency_keys VALUES ('retry-1', 'pr_e9053f_6');


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

INSERT INTO public.proposal_edits VALUES ('pr_e9053f_4', 0, 'flag', 'checkout', 0, NULL, NULL, '{"active":true,"n":1.0}');
INSERT INTO public.proposal_edits VALUES ('pr_e9053f_5', 0, 'flag', 'checkout', 1, '7b70a607999ebdc5dd9b41dca84ce73fe4d6dbfb93b011050cacdb5dfa5346db', '{"active":true,"n":1.0}', '{"active":false}');
INSERT INTO public.proposal_edits VALUES ('pr_e9053f_5', 1, 'cohort', '7', 0, NULL, NULL, '{}');
INSERT INTO public.proposal_edits VALUES ('pr_e9053f_6', 0, 'flag', 'other', 0, NULL, NULL, '{}');


--
-- Data for Name: proposals; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.proposals VALUES (1, 'pr_e9053f_4', 'production', 'change', '[{"op":"set_rollout","percentage":25}]', 'Because.', NULL, '{"kind":"agent","principal":"agent:key_1","on_behalf_of":"user:ann","client":"claude 2.1"}', '2026-11-22 08:15:30.123456+00', '2026-11-25 08:15:30.123456+00', NULL, NULL, 'applied', '00e0583c8ff4c705bdd5de532de66f09dc035d01cf130d29ab5deaa748954ce0', '', '2026-11-22 08:15:30.123456+00', 1);
INSERT INTO public.proposals VALUES (2, 'pr_e9053f_5', 'production', 'change', '[{"op":"set_rollout","percentage":25}]', 'Because.', NULL, '{"kind":"agent","principal":"agent:key_1","on_behalf_of":"user:ann","client":"claude 2.1"}', '2026-11-22 08:15:30.123456+00', '2026-11-25 08:15:30.123456+00', NULL, NULL, 'applied', 'd6de393770acc77007955b25a7b5a2e2220893cc7598468bc5241a91065e5235', '', '2026-11-22 08:15:30.123456+00', 2);
INSERT INTO public.proposals VALUES (3, 'pr_e9053f_6', 'production', 'change', '[{"op":"set_rollout","percentage":25}]', 'Because.', NULL, '{"kind":"agent","principal":"agent:key_1","on_behalf_of":"user:ann","client":"claude 2.1"}', '2026-11-22 08:15:30.123456+00', '2026-11-25 08:15:30.123456+00', NULL, NULL, 'approved', '371285b0dd1dd146f2d32e060a4cf21f2ea2560a4ced5d817ba6e17881fa2784', '', NULL, NULL);


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
-- Name: approvals approvals_keep_delete; Type: TRIGGER; Schema: public; Owner: -
--

CREATE TRIGGER approvals_keep_delete BEFORE DELETE ON public.approvals FOR EACH ROW EXECUTE FUNCTION public.approvals_keep_delete();


--
-- Name: approvals approvals_keep_truncate; Type: TRIGGER; Schema: public; Owner: -
--

CREATE TRIGGER approvals_keep_truncate BEFORE TRUNCATE ON public.approvals FOR EACH STATEMENT EXECUTE FUNCTION public.approvals_keep_truncate();


--
-- Name: approvals approvals_keep_update; Type: TRIGGER; Schema: public; Owner: -
--

CREATE TRIGGER approvals_keep_update BEFORE UPDATE ON public.approvals FOR EACH ROW EXECUTE FUNCTION public.approvals_keep_update();


--
-- Name: approvals approvals_not_replaced; Type: TRIGGER; Schema: public; Owner: -
--

CREATE TRIGGER approvals_not_replaced BEFORE INSERT ON public.approvals FOR EACH ROW EXECUTE FUNCTION public.approvals_not_replaced();


--
-- Name: audit_entries audit_entries_chain; Type: TRIGGER; Schema: public; Owner: -
--

CREATE TRIGGER audit_entries_chain BEFORE INSERT ON public.audit_entries FOR EACH ROW EXECUTE FUNCTION public.audit_entries_chain();


--
-- Name: audit_entries audit_entries_keep_delete; Type: TRIGGER; Schema: public; Owner: -
--

CREATE TRIGGER audit_entries_keep_delete BEFORE DELETE ON public.audit_entries FOR EACH ROW EXECUTE FUNCTION public.audit_entries_keep_delete();


--
-- Name: audit_entries audit_entries_keep_truncate; Type: TRIGGER; Schema: public; Owner: -
--

CREATE TRIGGER audit_entries_keep_truncate BEFORE TRUNCATE ON public.audit_entries FOR EACH STATEMENT EXECUTE FUNCTION public.audit_entries_keep_truncate();


--
-- Name: audit_entries audit_entries_keep_update; Type: TRIGGER; Schema: public; Owner: -
--

CREATE TRIGGER audit_entries_keep_update BEFORE UPDATE ON public.audit_entries FOR EACH ROW EXECUTE FUNCTION public.audit_entries_keep_update();


--
-- Name: audit_entries audit_entries_not_replaced; Type: TRIGGER; Schema: public; Owner: -
--

CREATE TRIGGER audit_entries_not_replaced BEFORE INSERT ON public.audit_entries FOR EACH ROW EXECUTE FUNCTION public.audit_entries_not_replaced();


--
-- Name: document_revisions document_revisions_edit; Type: TRIGGER; Schema: public; Owner: -
--

CREATE TRIGGER document_revisions_edit BEFORE INSERT ON public.document_revisions FOR EACH ROW EXECUTE FUNCTION public.document_revisions_edit();


--
-- Name: document_revisions document_revisions_keep_delete; Type: TRIGGER; Schema: public; Owner: -
--

CREATE TRIGGER document_revisions_keep_delete BEFORE DELETE ON public.document_revisions FOR EACH ROW EXECUTE FUNCTION public.document_revisions_keep_delete();


--
-- Name: document_revisions document_revisions_keep_truncate; Type: TRIGGER; Schema: public; Owner: -
--

CREATE TRIGGER document_revisions_keep_truncate BEFORE TRUNCATE ON public.document_revisions FOR EACH STATEMENT EXECUTE FUNCTION public.document_revisions_keep_truncate();


--
-- Name: document_revisions document_revisions_keep_update; Type: TRIGGER; Schema: public; Owner: -
--

CREATE TRIGGER document_revisions_keep_update BEFORE UPDATE ON public.document_revisions FOR EACH ROW EXECUTE FUNCTION public.document_revisions_keep_update();


--
-- Name: document_revisions document_revisions_not_replaced; Type: TRIGGER; Schema: public; Owner: -
--

CREATE TRIGGER document_revisions_not_replaced BEFORE INSERT ON public.document_revisions FOR EACH ROW EXECUTE FUNCTION public.document_revisions_not_replaced();


--
-- Name: document_revisions document_revisions_number; Type: TRIGGER; Schema: public; Owner: -
--

CREATE TRIGGER document_revisions_number BEFORE INSERT ON public.document_revisions FOR EACH ROW EXECUTE FUNCTION public.document_revisions_number();


--
-- Name: document_revisions document_revisions_proposal; Type: TRIGGER; Schema: public; Owner: -
--

CREATE TRIGGER document_revisions_proposal BEFORE INSERT ON public.document_revisions FOR EACH ROW EXECUTE FUNCTION public.document_revisions_proposal();


--
-- Name: documents documents_delete; Type: TRIGGER; Schema: public; Owner: -
--

CREATE TRIGGER documents_delete BEFORE DELETE ON public.documents FOR EACH ROW EXECUTE FUNCTION public.documents_delete();


--
-- Name: documents documents_insert; Type: TRIGGER; Schema: public; Owner: -
--

CREATE TRIGGER documents_insert BEFORE INSERT ON public.documents FOR EACH ROW EXECUTE FUNCTION public.documents_insert();


--
-- Name: documents documents_keep_truncate; Type: TRIGGER; Schema: public; Owner: -
--

CREATE TRIGGER documents_keep_truncate BEFORE TRUNCATE ON public.documents FOR EACH STATEMENT EXECUTE FUNCTION public.documents_keep_truncate();


--
-- Name: documents documents_step; Type: TRIGGER; Schema: public; Owner: -
--

CREATE TRIGGER documents_step BEFORE UPDATE ON public.documents FOR EACH ROW EXECUTE FUNCTION public.documents_step();


--
-- Name: documents documents_update; Type: TRIGGER; Schema: public; Owner: -
--

CREATE TRIGGER documents_update BEFORE UPDATE ON public.documents FOR EACH ROW EXECUTE FUNCTION public.documents_update();


--
-- Name: environments environments_delete; Type: TRIGGER; Schema: public; Owner: -
--

CREATE TRIGGER environments_delete BEFORE DELETE ON public.environments FOR EACH ROW EXECUTE FUNCTION public.environments_delete();


--
-- Name: environments environments_insert_served; Type: TRIGGER; Schema: public; Owner: -
--

CREATE TRIGGER environments_insert_served AFTER INSERT ON public.environments FOR EACH ROW EXECUTE FUNCTION public.environments_insert_served();


--
-- Name: environments environments_keep_truncate; Type: TRIGGER; Schema: public; Owner: -
--

CREATE TRIGGER environments_keep_truncate BEFORE TRUNCATE ON public.environments FOR EACH STATEMENT EXECUTE FUNCTION public.environments_keep_truncate();


--
-- Name: environments environments_name; Type: TRIGGER; Schema: public; Owner: -
--

CREATE TRIGGER environments_name BEFORE UPDATE ON public.environments FOR EACH ROW EXECUTE FUNCTION public.environments_name();


--
-- Name: environments environments_not_replaced; Type: TRIGGER; Schema: public; Owner: -
--

CREATE TRIGGER environments_not_replaced BEFORE INSERT ON public.environments FOR EACH ROW EXECUTE FUNCTION public.environments_not_replaced();


--
-- Name: environments environments_sandbox; Type: TRIGGER; Schema: public; Owner: -
--

CREATE TRIGGER environments_sandbox BEFORE UPDATE ON public.environments FOR EACH ROW EXECUTE FUNCTION public.environments_sandbox();


--
-- Name: environments environments_update_served; Type: TRIGGER; Schema: public; Owner: -
--

CREATE TRIGGER environments_update_served AFTER UPDATE ON public.environments FOR EACH ROW EXECUTE FUNCTION public.environments_update_served();


--
-- Name: evidence evidence_keep_delete; Type: TRIGGER; Schema: public; Owner: -
--

CREATE TRIGGER evidence_keep_delete BEFORE DELETE ON public.evidence FOR EACH ROW EXECUTE FUNCTION public.evidence_keep_delete();


--
-- Name: evidence evidence_keep_truncate; Type: TRIGGER; Schema: public; Owner: -
--

CREATE TRIGGER evidence_keep_truncate BEFORE TRUNCATE ON public.evidence FOR EACH STATEMENT EXECUTE FUNCTION public.evidence_keep_truncate();


--
-- Name: evidence evidence_keep_update; Type: TRIGGER; Schema: public; Owner: -
--

CREATE TRIGGER evidence_keep_update BEFORE UPDATE ON public.evidence FOR EACH ROW EXECUTE FUNCTION public.evidence_keep_update();


--
-- Name: evidence evidence_not_replaced; Type: TRIGGER; Schema: public; Owner: -
--

CREATE TRIGGER evidence_not_replaced BEFORE INSERT ON public.evidence FOR EACH ROW EXECUTE FUNCTION public.evidence_not_replaced();


--
-- Name: home home_delete; Type: TRIGGER; Schema: public; Owner: -
--

CREATE TRIGGER home_delete BEFORE DELETE ON public.home FOR EACH ROW EXECUTE FUNCTION public.home_delete();


--
-- Name: home home_keep_truncate; Type: TRIGGER; Schema: public; Owner: -
--

CREATE TRIGGER home_keep_truncate BEFORE TRUNCATE ON public.home FOR EACH STATEMENT EXECUTE FUNCTION public.home_keep_truncate();


--
-- Name: home home_not_replaced; Type: TRIGGER; Schema: public; Owner: -
--

CREATE TRIGGER home_not_replaced BEFORE INSERT ON public.home FOR EACH ROW EXECUTE FUNCTION public.home_not_replaced();


--
-- Name: home home_update; Type: TRIGGER; Schema: public; Owner: -
--

CREATE TRIGGER home_update BEFORE UPDATE ON public.home FOR EACH ROW EXECUTE FUNCTION public.home_update();


--
-- Name: idempotency_keys idempotency_keys_delete; Type: TRIGGER; Schema: public; Owner: -
--

CREATE TRIGGER idempotency_keys_delete BEFORE DELETE ON public.idempotency_keys FOR EACH ROW EXECUTE FUNCTION public.idempotency_keys_delete();


--
-- Name: idempotency_keys idempotency_keys_keep_truncate; Type: TRIGGER; Schema: public; Owner: -
--

CREATE TRIGGER idempotency_keys_keep_truncate BEFORE TRUNCATE ON public.idempotency_keys FOR EACH STATEMENT EXECUTE FUNCTION public.idempotency_keys_keep_truncate();


--
-- Name: idempotency_keys idempotency_keys_not_replaced; Type: TRIGGER; Schema: public; Owner: -
--

CREATE TRIGGER idempotency_keys_not_replaced BEFORE INSERT ON public.idempotency_keys FOR EACH ROW EXECUTE FUNCTION public.idempotency_keys_not_replaced();


--
-- Name: idempotency_keys idempotency_keys_update; Type: TRIGGER; Schema: public; Owner: -
--

CREATE TRIGGER idempotency_keys_update BEFORE UPDATE ON public.idempotency_keys FOR EACH ROW EXECUTE FUNCTION public.idempotency_keys_update();


--
-- Name: keys keys_delete; Type: TRIGGER; Schema: public; Owner: -
--

CREATE TRIGGER keys_delete BEFORE DELETE ON public.keys FOR EACH ROW EXECUTE FUNCTION public.keys_delete();


--
-- Name: keys keys_insert_served; Type: TRIGGER; Schema: public; Owner: -
--

CREATE TRIGGER keys_insert_served AFTER INSERT ON public.keys FOR EACH ROW EXECUTE FUNCTION public.keys_insert_served();


--
-- Name: keys keys_keep_truncate; Type: TRIGGER; Schema: public; Owner: -
--

CREATE TRIGGER keys_keep_truncate BEFORE TRUNCATE ON public.keys FOR EACH STATEMENT EXECUTE FUNCTION public.keys_keep_truncate();


--
-- Name: keys keys_not_replaced; Type: TRIGGER; Schema: public; Owner: -
--

CREATE TRIGGER keys_not_replaced BEFORE INSERT ON public.keys FOR EACH ROW EXECUTE FUNCTION public.keys_not_replaced();


--
-- Name: keys keys_update; Type: TRIGGER; Schema: public; Owner: -
--

CREATE TRIGGER keys_update BEFORE UPDATE ON public.keys FOR EACH ROW EXECUTE FUNCTION public.keys_update();


--
-- Name: keys keys_update_served; Type: TRIGGER; Schema: public; Owner: -
--

CREATE TRIGGER keys_update_served AFTER UPDATE ON public.keys FOR EACH ROW EXECUTE FUNCTION public.keys_update_served();


--
-- Name: policies policies_keep_delete; Type: TRIGGER; Schema: public; Owner: -
--

CREATE TRIGGER policies_keep_delete BEFORE DELETE ON public.policies FOR EACH ROW EXECUTE FUNCTION public.policies_keep_delete();


--
-- Name: policies policies_keep_truncate; Type: TRIGGER; Schema: public; Owner: -
--

CREATE TRIGGER policies_keep_truncate BEFORE TRUNCATE ON public.policies FOR EACH STATEMENT EXECUTE FUNCTION public.policies_keep_truncate();


--
-- Name: policies policies_keep_update; Type: TRIGGER; Schema: public; Owner: -
--

CREATE TRIGGER policies_keep_update BEFORE UPDATE ON public.policies FOR EACH ROW EXECUTE FUNCTION public.policies_keep_update();


--
-- Name: policies policies_not_replaced; Type: TRIGGER; Schema: public; Owner: -
--

CREATE TRIGGER policies_not_replaced BEFORE INSERT ON public.policies FOR EACH ROW EXECUTE FUNCTION public.policies_not_replaced();


--
-- Name: proposal_edits proposal_edits_keep_delete; Type: TRIGGER; Schema: public; Owner: -
--

CREATE TRIGGER proposal_edits_keep_delete BEFORE DELETE ON public.proposal_edits FOR EACH ROW EXECUTE FUNCTION public.proposal_edits_keep_delete();


--
-- Name: proposal_edits proposal_edits_keep_truncate; Type: TRIGGER; Schema: public; Owner: -
--

CREATE TRIGGER proposal_edits_keep_truncate BEFORE TRUNCATE ON public.proposal_edits FOR EACH STATEMENT EXECUTE FUNCTION public.proposal_edits_keep_truncate();


--
-- Name: proposal_edits proposal_edits_keep_update; Type: TRIGGER; Schema: public; Owner: -
--

CREATE TRIGGER proposal_edits_keep_update BEFORE UPDATE ON public.proposal_edits FOR EACH ROW EXECUTE FUNCTION public.proposal_edits_keep_update();


--
-- Name: proposal_edits proposal_edits_late; Type: TRIGGER; Schema: public; Owner: -
--

CREATE TRIGGER proposal_edits_late BEFORE INSERT ON public.proposal_edits FOR EACH ROW EXECUTE FUNCTION public.proposal_edits_late();


--
-- Name: proposal_edits proposal_edits_not_replaced; Type: TRIGGER; Schema: public; Owner: -
--

CREATE TRIGGER proposal_edits_not_replaced BEFORE INSERT ON public.proposal_edits FOR EACH ROW EXECUTE FUNCTION public.proposal_edits_not_replaced();


--
-- Name: proposals proposals_applied; Type: TRIGGER; Schema: public; Owner: -
--

CREATE TRIGGER proposals_applied BEFORE UPDATE ON public.proposals FOR EACH ROW EXECUTE FUNCTION public.proposals_applied();


--
-- Name: proposals proposals_approved; Type: TRIGGER; Schema: public; Owner: -
--

CREATE TRIGGER proposals_approved BEFORE UPDATE ON public.proposals FOR EACH ROW EXECUTE FUNCTION public.proposals_approved();


--
-- Name: proposals proposals_closed; Type: TRIGGER; Schema: public; Owner: -
--

CREATE TRIGGER proposals_closed BEFORE UPDATE ON public.proposals FOR EACH ROW EXECUTE FUNCTION public.proposals_closed();


--
-- Name: proposals proposals_content; Type: TRIGGER; Schema: public; Owner: -
--

CREATE TRIGGER proposals_content BEFORE UPDATE ON public.proposals FOR EACH ROW EXECUTE FUNCTION public.proposals_content();


--
-- Name: proposals proposals_keep; Type: TRIGGER; Schema: public; Owner: -
--

CREATE TRIGGER proposals_keep BEFORE DELETE ON public.proposals FOR EACH ROW EXECUTE FUNCTION public.proposals_keep();


--
-- Name: proposals proposals_keep_truncate; Type: TRIGGER; Schema: public; Owner: -
--

CREATE TRIGGER proposals_keep_truncate BEFORE TRUNCATE ON public.proposals FOR EACH STATEMENT EXECUTE FUNCTION public.proposals_keep_truncate();


--
-- Name: proposals proposals_not_replaced; Type: TRIGGER; Schema: public; Owner: -
--

CREATE TRIGGER proposals_not_replaced BEFORE INSERT ON public.proposals FOR EACH ROW EXECUTE FUNCTION public.proposals_not_replaced();


--
-- Name: proposals proposals_start; Type: TRIGGER; Schema: public; Owner: -
--

CREATE TRIGGER proposals_start BEFORE INSERT ON public.proposals FOR EACH ROW EXECUTE FUNCTION public.proposals_start();


--
-- Name: snapshots snapshots_not_replaced; Type: TRIGGER; Schema: public; Owner: -
--

CREATE TRIGGER snapshots_not_replaced BEFORE INSERT ON public.snapshots FOR EACH ROW EXECUTE FUNCTION public.snapshots_not_replaced();


--
-- Name: snapshots snapshots_update; Type: TRIGGER; Schema: public; Owner: -
--

CREATE TRIGGER snapshots_update BEFORE UPDATE ON public.snapshots FOR EACH ROW EXECUTE FUNCTION public.snapshots_update();


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


