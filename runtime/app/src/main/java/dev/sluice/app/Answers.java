package dev.sluice.app;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.PrintWriter;
import java.util.function.Function;
import picocli.CommandLine.Model.CommandSpec;

/** Shows what the admin port answered. */
final class Answers {
    private static final ObjectMapper JSON = new ObjectMapper();

    private Answers() {}

    /** @param words makes a text of the answer, for people */
    static int print(AdminClient.Reply reply, boolean json, Function<JsonNode, String> words, CommandSpec spec)
            throws JsonProcessingException {
        if (!reply.fine()) {
            spec.commandLine()
                    .getErr()
                    .println("sluice " + spec.name() + ": the gateway answered " + reply.status() + ": "
                            + message(reply.body()));
            return reply.status() == 400 ? Main.WRONG_USE : Main.FAILED;
        }
        PrintWriter out = spec.commandLine().getOut();
        out.print(json ? reply.body().strip() + "\n" : words.apply(JSON.readTree(reply.body())));
        out.flush();
        return Main.FINE;
    }

    private static String message(String body) {
        try {
            String message = JSON.readTree(body).at("/error/message").asText();
            return message.isEmpty() ? body.strip() : message;
        } catch (JsonProcessingException other) {
            return body.strip();
        }
    }
}
