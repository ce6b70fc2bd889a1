package dev.sluice.simulator;

import dev.sluice.simulator.Faults.Kind;
import java.io.IOException;

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
        var count = answer.plans().size();
        var tokens = new int[count];
        var shown = new int[count];
        var told = new boolean[count];
        var left = count;
        var begun = false;
        while (left > 0) {
            answer.await();
            if (!begun) {
                begun = true;
                begin();
            }
            abortOnFault();
            for (var i = 0; i < count; i++) {
                var view = answer.view(i);
                var plan = answer.plans().get(i);
                if (told[i] || (view.ready() == plan.output().length && !view.ended())) {
                    continue;
                }
                var visible = plan.visible(view.ready(), view.ended());
                var soon = tokens[i] > 0 && view.ready() - tokens[i] < sampling.interval();
                if (!view.ended() && (soon || visible <= shown[i])) {
                    continue;
                }
                piece(i, tokens[i], view.ready(), plan.text().substring(shown[i], Math.max(shown[i], visible)), view.ended());
                tokens[i] = view.ready();
                shown[i] = Math.max(shown[i], visible);
                told[i] = view.ended();
                left -= view.ended() ? 1 : 0;
            }
        }
        finish();
        reply.end();
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
                created += Math.max(0, plan.prompt().length / block * block - view.cached());
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
