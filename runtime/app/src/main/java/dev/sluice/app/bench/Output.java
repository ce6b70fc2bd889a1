package dev.sluice.app.bench;

import com.fasterxml.jackson.core.JsonProcessingException;
import java.io.PrintWriter;
import picocli.CommandLine.ExitCode;
import picocli.CommandLine.Option;

/** How results are given: the options that all of these commands have. */
final class Output {
    @Option(names = "--json", description = "Prints JSON, with every sample.")
    private boolean json;

    @Option(
            names = "--bars",
            paramLabel = "N",
            description = "Multiplies the bars by this, and ends with 1 when one is missed.")
    private double bars;

    /** What bars are multiplied by. */
    double factor() {
        return bars > 0 ? bars : 1;
    }

    /** Prints the report; the exit code. */
    int print(Report report, PrintWriter out) throws JsonProcessingException {
        out.print(json ? report.json() + "\n" : report.markdown());
        out.flush();
        return bars > 0 && report.missed() ? ExitCode.SOFTWARE : ExitCode.OK;
    }
}
