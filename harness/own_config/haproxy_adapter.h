// HaproxyAdapter: the walk over a haproxy.cfg that adapt() does. One line is one decision: it stays
// as it is written, something else takes its place, or it is left out. What concerns servers is in
// adapt_haproxy_servers.cc, files in adapt_haproxy_files.cc.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "harness/own_config/adapt_haproxy.h"

namespace badgate::harness::own_config {

class HaproxyAdapter {
 public:
  HaproxyAdapter(const OwnHaproxyConfig& own, const drivers::Setup& setup,
                 const HaproxySurroundings& surroundings, const Here& here);
  AdaptedHaproxy adapt();

 private:
  using Line = haproxy_cfg::Line;
  using Section = haproxy_cfg::Section;
  static constexpr std::size_t kNone = static_cast<std::size_t>(-1);

  void add(const Section& section, std::size_t index);
  void begin(const Section& section, std::size_t index);
  void add_line(const Section& section, const Line& line);
  void add_macro(const Line& line);
  void add_bind(const Line& line);
  void add_stick_table(const Line& line);
  bool names_peers(const Line& line) const;

  void add_servers(const Line& line);
  void put_others(const Line& line, std::size_t parameters, bool templated);
  void put_fake(const Line& line, std::size_t parameters, bool templated);
  std::optional<net::Address> fake_at(std::size_t nth) const;
  // `why`: set if one is not as it is written.
  std::string parameters_of(const Line& line, std::size_t from, bool played,
                            std::string_view& why) const;
  std::string authority() const;
  void add_default_server(const Line& line);

  bool add_file(const Line& line);  // whether it has decided
  void add_default_path(const Line& line);
  void add_with_files(const Line& line);
  std::string without_missing_files(const Line& line, std::size_t word);
  bool can_read(std::string_view path) const;
  bool lacks(std::string_view path) const;
  const std::string& empty_file(std::string_view in_place_of);

  void put(std::string_view text) { adapted_.text.append(text).append("\n"); }
  void replace(const Line& line, std::string_view by, std::string_view why);
  void leave_out(const Line& line, std::string_view why);
  void tell(const Line& line, std::string_view by, std::string_view why);

  const OwnHaproxyConfig& own_;
  const drivers::Setup& setup_;
  const HaproxySurroundings& surroundings_;
  const Here& here_;
  AdaptedHaproxy adapted_;
  std::size_t front_ = kNone;  // sections that are played
  std::size_t back_ = kNone;
  bool global_ = false;
  std::size_t sockets_ = 0;
  std::string files_from_;                    // `default-path`; empty: the working folder
  std::map<std::string, std::string> empty_;  // in place of which file
  std::vector<std::string> peers_;            // names of such sections, "p/"
  // Of the section that is walked through.
  bool front_now_ = false;
  bool back_now_ = false;
  bool bound_ = false;
  bool others_told_ = false;
  bool plain_of_tls_ = false;  // clients come without the TLS that it has
  std::size_t next_ = 0;       // server
  const std::vector<haproxy_cfg::Server>* servers_ = nullptr;
};

}  // namespace badgate::harness::own_config
