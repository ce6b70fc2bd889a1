package dev.sluice.core.discovery;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Predicate;

/**
 * How requests are split over the revisions of services. The revision is drawn first, and only then an endpoint inside it is
 * chosen by load and cache: otherwise a roll-out's new revision would get whatever its empty queues attract. A draw is a number
 * that the caller makes from the session where there is one, so that a session stays on its revision while the shares stay.
 */
public final class Split {
    /** Nothing is split. */
    public static final Split NONE = new Split(List.of(), Set.of());

    private record Share(int percent, Set<String> ids) {}

    private record Service(List<Share> shares) {}

    private final List<Service> services;
    private final Set<String> unsplit;

    private Split(List<Service> services, Set<String> unsplit) {
        this.services = services;
        this.unsplit = unsplit;
    }

    /** {@link #NONE} when every endpoint may serve every request. */
    public static Split of(Picture picture) {
        if (picture.revisions().stream().allMatch(r -> r.percent().isEmpty())) {
            return NONE;
        }
        Map<String, Picture.Revision> known = new LinkedHashMap<>();
        picture.revisions().forEach(r -> known.put(r.name(), r));
        Map<String, Map<String, Share>> byService = new LinkedHashMap<>();
        Set<String> unsplit = new TreeSet<>();
        for (Picture.Found found : picture.found()) {
            Optional<Picture.Revision> revision = Optional.ofNullable(known.get(found.revision()));
            if (revision.isEmpty() || revision.get().percent().isEmpty()) {
                unsplit.add(found.endpoint().id());
                continue;
            }
            byService
                    .computeIfAbsent(revision.get().service(), s -> new LinkedHashMap<>())
                    .computeIfAbsent(
                            revision.get().name(),
                            r -> new Share(revision.get().percent().getAsInt(), new TreeSet<>()))
                    .ids()
                    .add(found.endpoint().id());
        }
        boolean whole = byService.values().stream()
                .allMatch(shares ->
                        shares.size() == 1 && shares.values().iterator().next().percent() > 0);
        if (whole) {
            return NONE;
        }
        List<Service> services = new ArrayList<>();
        byService.values().forEach(shares -> services.add(new Service(List.copyOf(shares.values()))));
        return new Split(services, unsplit);
    }

    /**
     * Ids that may serve a request; empty when all may.
     *
     * @param at in 0..1, below 1
     * @param serving whether an endpoint is in service: a revision that has none is passed over, so that no request is lost to it
     */
    public Set<String> draw(double at, Predicate<String> serving) {
        Set<String> ids = new TreeSet<>(unsplit);
        services.forEach(service -> ids.addAll(drawn(service, at, serving)));
        return ids;
    }

    private static Set<String> drawn(Service service, double at, Predicate<String> serving) {
        int sum = 0;
        for (Share share : service.shares()) {
            sum += up(share, serving) ? share.percent() : 0;
        }
        double point = at * sum;
        for (Share share : service.shares()) {
            if (up(share, serving)) {
                if (point < share.percent() || (sum == 0 && share.percent() == 0)) {
                    return share.ids();
                }
                point -= share.percent();
            }
        }
        Set<String> any = new TreeSet<>();
        service.shares().forEach(share -> any.addAll(share.ids()));
        return any;
    }

    private static boolean up(Share share, Predicate<String> serving) {
        return share.ids().stream().anyMatch(serving);
    }
}
