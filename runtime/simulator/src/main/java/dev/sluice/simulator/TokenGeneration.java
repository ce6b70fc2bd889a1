package dev.sluice.simulator;

import java.io.IOException;

/** {@code /inference/v1/generate}: token ids in, token ids out. */
final class TokenGeneration extends Generation {
    private final String id;
    private final String model;

    TokenGeneration(Service service, Reply reply, Sampling sampling, Answer answer, String id, String model) {
        super(service, reply, sampling, answer);
        this.id = id;
        this.model = model;
    }

    @Override
    void piece(int sequence, int from, int to, String text, boolean ended) throws IOException {
        reply.event(
                "data: {\"request_id\":" + Json.quote(id) + ",\"usage\":null,\"output_mode\":\"tokens\",\"choices\":["
                        + choice(sequence, from, to, ended) + "]}\n\n");
    }

    @Override
    void finish() throws IOException {
        if (!reply.strikes(Faults.Kind.NO_DONE)) {
            reply.event("data: [DONE]\n\n");
        }
    }

    @Override
    String body() {
        var choices = new StringBuilder();
        for (var i = 0; i < answer.plans().size(); i++) {
            choices.append(i > 0 ? "," : "").append(choice(i, 0, answer.view(i).ready(), true));
        }
        return "{\"request_id\":" + Json.quote(id) + ",\"model\":" + Json.quote(model) + ",\"created\":"
                + service.created()
                + ",\"usage\":" + usage().whole(service.options.promptTokensDetails(), false)
                + ",\"prompt_logprobs\":null,\"prompt_token_id_logprobs\":null,\"prompt_token_ids\":null,"
                + "\"mm_placeholders\":null,\"metrics\":null,\"kv_transfer_params\":" + answer.kept(sampling.n())
                + ",\"ec_transfer_params\":null,"
                + "\"output_mode\":\"tokens\",\"choices\":[" + choices + "]}";
    }

    private String choice(int sequence, int from, int to, boolean ended) {
        return "{\"index\":" + sequence + ",\"finish_reason\":" + (ended ? "\"" + reason(sequence) + "\"" : "null")
                + ",\"stop_reason\":" + (ended ? stopReason(sequence) : "null") + ",\"token_ids\":"
                + Json.ints(answer.plans().get(sequence).output(), from, to)
                + ",\"routed_experts\":null,\"sampling_mask\":null,\"weight_versions\":"
                + (ended ? "[{\"version\":\"default\",\"start\":0,\"end\":" + to + "}]" : "null")
                + ",\"logprobs\":null}";
    }
}
