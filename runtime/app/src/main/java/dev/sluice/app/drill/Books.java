package dev.sluice.app.drill;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/**
 * Whether gateways have kept account of everything: nothing is left in flight, and every answer that a client got stands in the usage log
 * of the gateway that gave it exactly once, with its status; of gateways that still run the counters say the same.
 */
final class Books {
    private static final int SETTLE_SECONDS = 20;
    private static final String ROUTE = "route=\"/v1/chat/completions\"";

    private final ObjectMapper json = new ObjectMapper();
    private double inFlight;
    private double queued;
    private double leases;
    private long wrong;
    private long uncalled;
    private long difference;
    private double lost;
    private double busy;

    private Books() {}

    /** Looks into all books that can be read and adds what they say to the sheet. */
    static void judge(Arena arena, Tally tally, Sheet sheet) throws IOException, InterruptedException {
        Books books = new Books();
        books.settle(arena);
        if (tally.remembers()) {
            Map<String, List<Result>> attempts = new HashMap<>();
            tally.attempts()
                    .forEach(one -> attempts.computeIfAbsent(one.gateway(), _ -> new ArrayList<>())
                            .add(one));
            for (Member member : arena.honest()) {
                books.audit(member, attempts.getOrDefault(member.name(), List.of()));
            }
        } else {
            long lines = 0;
            for (Member member : arena.honest()) {
                lines += books.lines(member.directory()).size();
            }
            books.uncalled = Math.max(0, lines - tally.count());
            books.wrong = Math.max(0, tally.count() - lines);
        }
        sheet.atMost("requests that gateways still count as in flight at the end", books.inFlight, 0, "");
        sheet.atMost("requests in their queues at the end", books.queued, 0, "");
        sheet.atMost("KV leases they still hold at the end", books.leases, 0, "");
        sheet.atMost("requests that engines are still busy with at the end", books.busy, 0, "");
        sheet.atMost("answers that are not in the usage log exactly once, with their status", books.wrong, 0, "");
        sheet.atMost("lines of the usage log that no client asked for", books.uncalled, 0, "");
        sheet.atMost("difference of sluice_requests_total and the usage log", books.difference, 0, "");
        sheet.atMost("lines of the usage log that could not be written", books.lost, 0, "");
    }

    /** What ends a moment after its client has seen the end is given that moment. */
    private void settle(Arena arena) throws IOException, InterruptedException {
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(SETTLE_SECONDS);
        do {
            inFlight = 0;
            queued = 0;
            leases = 0;
            lost = 0;
            difference = 0;
            for (Member member : arena.living()) {
                Series page = member.metrics();
                inFlight += page.sum("sluice_requests_in_flight");
                queued += page.sum("sluice_queue_requests");
                leases += page.sum("sluice_kv_leases");
                lost += page.sum("sluice_usage_lost_total");
                difference += Math.abs((long) page.sum("sluice_requests_total", ROUTE)
                        - lines(member.directory()).size());
            }
            busy = arena.fleet().busy();
            if (inFlight + queued + leases + busy + difference == 0) {
                return;
            }
            TimeUnit.MILLISECONDS.sleep(100);
        } while (System.nanoTime() < end);
    }

    private void audit(Member member, List<Result> attempts) throws IOException {
        Map<String, Integer> statuses = new HashMap<>();
        Set<String> twice = new HashSet<>();
        List<JsonNode> lines = lines(member.directory());
        for (JsonNode line : lines) {
            String id = line.path("id").asText();
            if (statuses.put(id, line.path("status").asInt()) != null) {
                twice.add(id);
            }
        }
        for (Result attempt : attempts) {
            if (!attempt.id().isEmpty()
                    && (twice.contains(attempt.id())
                            || statuses.getOrDefault(attempt.id(), 0) != booked(attempt, statuses))) {
                wrong++;
            }
        }
        uncalled += Math.max(0, lines.size() - attempts.size());
    }

    /** What should stand in the log. Of an answer that was lost on its way the client can't know how the gateway saw its end. */
    private static int booked(Result attempt, Map<String, Integer> statuses) {
        boolean known = attempt.ending() == Ending.COMPLETE || attempt.ending() == Ending.REFUSED;
        int noted = statuses.getOrDefault(attempt.id(), -1);
        return known ? attempt.status() : noted;
    }

    private List<JsonNode> lines(Path directory) throws IOException {
        List<JsonNode> lines = new ArrayList<>();
        List<Path> logs;
        try (Stream<Path> files = Files.list(directory)) {
            logs = files.filter(file -> file.getFileName().toString().startsWith("usage.jsonl"))
                    .toList();
        }
        for (Path log : logs) {
            for (String line : Files.readAllLines(log)) {
                lines.add(json.readTree(line));
            }
        }
        return lines;
    }
}
