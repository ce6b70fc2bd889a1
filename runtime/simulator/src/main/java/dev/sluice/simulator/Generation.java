package dev.sluice.simulator;

import dev.sluice.simulator.Faults.Kind;
import java.io.IOException;
import java.util.Arrays;

/**
 * One generation on its way to the client, streamed or whole. Subclasses know the shape of a protocol; the walk through the
 * tokens, with its stop strings, intervals and faults, is here.
 */
abstract class Generation {
    final Service service;
    final Reply reply;
    final Sampling sampling;
    final Answer answer;

    Generation(Service service, Reply reply, Sampling sampling, Answer answer) {
        this.service = service;
        this.reply = reply;
        this.sampling = sampling;
        this.answer = answer;
    }

    /** What a stream says at once, before there is any token. */
    void opened() throws IOException {}

    /** Everything up to the first token's event. Called when the first token of any sequence is there. */
    void begin() throws IOException {}

    /**
     * New tokens of one sequence.
     *
     * @param text what of its text became visible
     * @param ended whether these are its last
     */
    abstract void piece(int sequence, int fromToken, int toToken, String text, boolean ended) throws IOException;

    /** Everything after the last token's event. */
    abstract void finish() throws IOException;

    /** The whole answer. */
    abstract String body();

    /** Sends it, and returns when it is complete. The client leaving or the engine dying ends it by an exception. */
    final void run() throws IOException, InterruptedException {
        reply.connection().watch(answer::cancel);
        try {
            if (sampling.stream()) {
                stream();
            } else {
                whole();
            }
        } finally {
            service.driver.abort(answer);
        }
    }

    private void whole() throws IOException, InterruptedException {
        if (reply.strikes(Kind.STALL)) {
            throw new StalledException();
        }
        if (reply.strikes(Kind.ERROR_EVENT)) {
            answer.await();
            throw ApiException.engineDead();
        }
        while (!answer.done()) {
            answer.await();
            abortOnFault();
        }
        answer.awaitEnd();
        reply.json(200, body());
    }

    private void stream() throws IOException, InterruptedException {
        reply.open();
        opened();
        var count = answer.plans().size();
        var cursors = new Cursor[count];
        Arrays.setAll(cursors, Cursor::new);
        var begun = false;
        while (Arrays.stream(cursors).anyMatch(cursor -> !cursor.told)) {
            answer.await();
            if (!begun) {
                begun = true;
                begin();
            }
            abortOnFault();
            for (var cursor : cursors) {
                cursor.advance();
            }
        }
        finish();
        reply.end();
    }

    /** How far one sequence has been sent. Tokens go out one by one, so that the events do not depend on how fast they are read. */
    private final class Cursor {
        private final int sequence;
        private final Plan plan;
        private int tokens;
        private int sent;
        private int shown;
        private boolean told;

        Cursor(int sequence) {
            this.sequence = sequence;
            plan = answer.plans().get(sequence);
        }

        void advance() throws IOException {
            var view = answer.view(sequence);
            var aborted = view.reason() == FinishReason.ABORT;
            // The last token's event also carries the finish reason, so it waits for it.
            var ready = view.ready() == plan.output().length && !view.ended() ? view.ready() - 1 : view.ready();
            while (tokens < ready && !told) {
                var step = tokens == 0 ? 1 : sampling.interval();
                if (tokens + step > ready && !view.ended()) {
                    return;
                }
                tokens = Math.min(tokens + step, ready);
                var last = view.ended() && tokens == ready && !aborted;
                var visible = plan.visible(tokens, last);
                if (last || visible > shown) {
                    piece(sequence, sent, tokens, plan.text().substring(shown, Math.max(shown, visible)), last);
                    sent = tokens;
                    shown = Math.max(shown, visible);
                    told = last;
                }
            }
            if (view.ended() && !told) {
                told = true;
                piece(sequence, sent, tokens, plan.text().substring(shown, plan.visible(tokens, true)), true);
            }
        }
    }

    private void abortOnFault() {
        if (reply.strikes(Kind.ABORT) && answer.view(0).ready() >= reply.after() && !answer.done()) {
            service.driver.abort(answer);
            answer.terminate();
        }
    }

    /** The reason as the completion API words it: the plan's, unless the answer was aborted. */
    final String reason(int sequence) {
        return answer.view(sequence).reason() == FinishReason.ABORT
                ? FinishReason.ABORT.word()
                : answer.plans().get(sequence).reason().word();
    }

    /** JSON of {@code stop_reason}. */
    final String stopReason(int sequence) {
        return answer.view(sequence).reason() == FinishReason.ABORT
                ? "null"
                : answer.plans().get(sequence).stopReason();
    }

    /** The text that the client has in the end. */
    final String text(int sequence) {
        var plan = answer.plans().get(sequence);
        return plan.text().substring(0, plan.visible(answer.view(sequence).ready(), true));
    }

    /** Sums over the sequences; a prompt that several of them share counts once. */
    final UsageSum usage() {
        var prompt = 0;
        var cached = 0;
        var created = 0;
        var output = 0;
        var block = service.profile.blockSize();
        for (var i = 0; i < answer.plans().size(); i++) {
            var plan = answer.plans().get(i);
            var view = answer.view(i);
            if (i % sampling.n() == 0) {
                prompt += plan.prompt().length;
                cached += view.cached();
                created += Math.max(0, plan.prompt().length / block * block - view.cached() - view.external());
            }
            output += view.ready();
        }
        return reply.strikes(Kind.WRONG_USAGE)
                ? new UsageSum(prompt * 10, prompt * 11, 0, output * 10)
                : new UsageSum(prompt, cached, created, output);
    }

    /** What one request used. */
    record UsageSum(int prompt, int cached, int created, int output) {
        String counts() {
            return "\"prompt_tokens\":" + prompt + ",\"total_tokens\":" + (prompt + output) + ",\"completion_tokens\":"
                    + output;
        }

        /** Of a whole answer; completions leave {@code created_cache_tokens} null. */
        String whole(boolean details, boolean withCreated) {
            return "{" + counts() + ",\"prompt_tokens_details\":"
                    + (details
                            ? "{\"cached_tokens\":" + cached + ",\"created_cache_tokens\":"
                                    + (withCreated ? "" + created : "null") + ",\"multimodal_tokens\":null}"
                            : "null")
                    + ",\"completion_tokens_details\":null}";
        }

        /** Of the last chunk of a stream, where nulls are left out. */
        String last(boolean details, boolean withCreated) {
            return "{" + counts()
                    + (details
                            ? ",\"prompt_tokens_details\":{\"cached_tokens\":" + cached
                                    + (withCreated ? ",\"created_cache_tokens\":" + created : "") + "}"
                            : "")
                    + "}";
        }

        /** Of every chunk, with {@code continuous_usage_stats}. */
        static String running(int prompt, int output) {
            return "{\"prompt_tokens\":" + prompt + ",\"total_tokens\":" + (prompt + output) + ",\"completion_tokens\":"
                    + output + ",\"completion_tokens_details\":null}";
        }
    }
}
