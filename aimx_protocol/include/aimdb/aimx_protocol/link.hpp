// SPDX-License-Identifier: Apache-2.0
//
// Records that are mirrored between databases: gives `.link_to()` and
// `.link_from()` their meaning.
//
//     builder.configure<Temperature>("temp.vienna").buffer(aimdb::spmc_ring(1'000))
//         .link_to("tcp://hub:7433/temp.vienna");
//     builder.configure<Setpoint>("setpoint").buffer(aimdb::single_latest())
//         .link_from("unix:///run/hub.sock#boiler.setpoint");
//
// Links survive a restart of either side. `link_to` delivers at most once, in order:
// while there is no connection values wait in the record's own buffer, and what that
// overwrites is counted. `link_from` goes on where it was, as far as the other
// side's history or buffer goes back (but see LinkOptions::every). What became of values:
// aimx::links(database).
#pragma once

#include <memory>
#include <string_view>
#include <vector>

#include "aimdb/aimx_protocol/detail/link_module.hpp"
#include "aimdb/aimx_protocol/detail/link_options.hpp"
#include "aimdb/aimx_protocol/detail/link_stage.hpp"
#include "aimdb/core/builder.hpp"
#include "aimdb/core/database.hpp"

namespace aimdb::aimx {

/// Every link of `database`, in the order of declaration. From any thread.
[[nodiscard]] std::vector<LinkInfo> links(const Database& database);

}  // namespace aimdb::aimx

namespace aimdb::detail {

template <typename T>
struct LinkHook<T, AimxLinkHeader> {
    static void link_to(const Registrar<T>& registrar,
                        std::string_view url,
                        const LinkOptions& options = {}) {
        Record<T>* const record = &registrar.record();
        const auto port = declare(registrar, StageKind::link_out, url, options);
        registrar.add(StageKind::link_out, aimx::link_stage_name(url), {},
                      [record, port](Declarations&) {
                          ReaderOptions reading;
                          reading.observer = record->buffer->kind != BufferKind::spmc_ring;
                          return std::make_unique<aimx::LinkOutStage<T>>(
                              Registrar<T>::open(*record, reading), port);
                      });
    }

    static void link_from(const Registrar<T>& registrar,
                          std::string_view url,
                          const LinkOptions& options = {}) {
        Record<T>* const record = &registrar.record();
        const auto port = declare(registrar, StageKind::link_in, url, options);
        registrar.observe(0);  // every value carries its time
        registrar.add(StageKind::link_in, aimx::link_stage_name(url), {},
                      [record, port](Declarations&) {
                          return std::make_unique<aimx::LinkInStage<T>>(*record, port);
                      });
    }

private:
    static std::shared_ptr<aimx::LinkPort> declare(const Registrar<T>& registrar,
                                                   StageKind kind,
                                                   std::string_view url,
                                                   const LinkOptions& options) {
        require_codec<T>();
        return registrar.declarations().template module<aimx::Links>().declare(
            kind, registrar.key(), url, options);
    }
};

}  // namespace aimdb::detail
