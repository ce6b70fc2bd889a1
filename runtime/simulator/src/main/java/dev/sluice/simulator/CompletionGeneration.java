package dev.sluice.simulator;

import java.io.IOException;

/** {@code text_completion}, whole and as chunks. */
final class CompletionGeneration extends Generation {
    private final String id;
    private final String model;
    private final String lead;
    private final boolean echo;
    private final boolean withUsage;
    private final boolean everyChunk;
    private int output;

    CompletionGeneration(
            Service service, Reply reply, Sampling sampling, Answer answer, String id, String model, boolean echo) {
        super(service, reply, sampling, answer);
        this.id = id;
        this.model = model;
        this.echo = echo;
        lead = "data: {\"id\":" + Json.quote(id) + ",\"object\":\"text_completion\",\"created\":" + service.created()
                + ",\"model\":" + Json.quote(model) + ",\"choices\":[";
        withUsage = sampling.usage() || service.options.forceIncludeUsage();
        // Forced usage is in every chunk unless the client says otherwise, as in vLLM.
        everyChunk = withUsage && (sampling.continuousUsage() || !sampling.usage());
    }

    @Override
    void piece(int sequence, int from, int to, String text, boolean ended) throws IOException {
        output += to - from;
        var plan = answer.plans().get(sequence);
        var shown = from == 0 && echo ? Tokenizer.decode(plan.prompt()) + text : text;
        var out = new StringBuilder(256)
                .append(lead)
                .append("{\"index\":")
                .append(sequence)
                .append(",\"text\":");
        out.append(Json.quote(shown))
                .append(",\"logprobs\":")
                .append(logprobs(plan, from, to))
                .append(",\"finish_reason\":");
        if (ended) {
            out.append('"')
                    .append(reason(sequence))
                    .append("\",\"stop_reason\":")
                    .append(stopReason(sequence));
        } else {
            out.append("null,\"stop_reason\":null");
        }
        out.append(",\"prompt_token_ids\":")
                .append(sampling.tokenIds() && from == 0 ? Json.ints(plan.prompt()) : "null")
                .append(",\"token_ids\":")
                .append(sampling.tokenIds() ? Json.ints(plan.output(), from, to) : "null")
                .append("}]");
        if (everyChunk) {
            out.append(",\"usage\":").append(UsageSum.running(usage().prompt(), output));
        }
        if (ended && !withUsage) {
            out.append(",\"system_fingerprint\":\"")
                    .append(service.fingerprint())
                    .append('"');
        }
        reply.event(out.append("}\n\n").toString());
    }

    @Override
    void finish() throws IOException {
        if (withUsage) {
            reply.event(lead + "],\"usage\":" + usage().last(service.options.promptTokensDetails(), false)
                    + ",\"system_fingerprint\":\"" + service.fingerprint() + "\"}\n\n");
        }
        if (!reply.strikes(Faults.Kind.NO_DONE)) {
            reply.event("data: [DONE]\n\n");
        }
    }

    @Override
    String body() {
        var out = new StringBuilder(512);
        out.append("{\"id\":").append(Json.quote(id)).append(",\"object\":\"text_completion\",\"created\":");
        out.append(service.created())
                .append(",\"model\":")
                .append(Json.quote(model))
                .append(",\"choices\":[");
        for (var i = 0; i < answer.plans().size(); i++) {
            var plan = answer.plans().get(i);
            var text = echo ? Tokenizer.decode(plan.prompt()) + text(i) : text(i);
            out.append(i > 0 ? "," : "")
                    .append("{\"index\":")
                    .append(i)
                    .append(",\"text\":")
                    .append(Json.quote(text));
            out.append(",\"logprobs\":").append(logprobs(plan, 0, answer.view(i).ready()));
            out.append(",\"finish_reason\":\"")
                    .append(reason(i))
                    .append("\",\"stop_reason\":")
                    .append(stopReason(i));
            out.append(",\"token_ids\":").append(sampling.tokenIds() ? Json.ints(plan.output()) : "null");
            out.append(",\"prompt_logprobs\":null,\"prompt_token_ids\":")
                    .append(sampling.tokenIds() ? Json.ints(plan.prompt()) : "null")
                    .append(",\"routed_experts\":null}");
        }
        out.append("],\"service_tier\":null,\"system_fingerprint\":\"").append(service.fingerprint());
        out.append("\",\"usage\":").append(usage().whole(service.options.promptTokensDetails(), false));
        return out.append(",\"kv_transfer_params\":" + answer.kept(sampling.n())
                        + ",\"ec_transfer_params\":null,\"metrics\":null}")
                .toString();
    }

    private String logprobs(Plan plan, int from, int to) {
        if (sampling.logprobs() < 0) {
            return "null";
        }
        var offsets = new StringBuilder();
        var values = new StringBuilder();
        var tokens = new StringBuilder();
        var tops = new StringBuilder();
        for (var i = from; i < to; i++) {
            var comma = i > from ? "," : "";
            var token = Json.quote(Tokenizer.decode(plan.output()[i]));
            offsets.append(comma).append(i == 0 ? 0 : plan.textEnd()[i - 1]);
            values.append(comma).append("-0.25");
            tokens.append(comma).append(token);
            tops.append(comma).append('{').append(token).append(":-0.25");
            for (var k = 1; k < sampling.logprobs(); k++) {
                tops.append(',').append(Json.quote("~" + k)).append(':').append(-0.25 - k);
            }
            tops.append('}');
        }
        return "{\"text_offset\":[" + offsets + "],\"token_logprobs\":[" + values + "],\"tokens\":[" + tokens
                + "],\"top_logprobs\":[" + tops + "]}";
    }
}
