package dev.sluice.app;

import java.io.PrintWriter;
import picocli.CommandLine.Model.CommandSpec;

/** Shows what the admin port answered. */
final class Answers {
    private Answers() {}

    static int print(AdminClient.Reply reply, boolean json, CommandSpec spec) {
        if (!reply.fine()) {
            spec.commandLine()
                    .getErr()
                    .println("sluice " + spec.name() + ": the gateway answered " + reply.status() + ": "
                            + reply.body().strip());
            return reply.status() == 400 ? Main.WRONG_USE : Main.FAILED;
        }
        PrintWriter out = spec.commandLine().getOut();
        out.print(json ? reply.body().strip() + "\n" : Printed.of(reply.body()));
        out.flush();
        return Main.FINE;
    }
}
