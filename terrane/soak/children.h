#pragma once

#include <string>

#include "terrane/soak/words.h"
#include "terrane/volume/volume.h"

// What terrane_soak_child does, by its first word. Each tells on its output what happens (said.h), and
// returns an exit status.
namespace terrane::soak {

int edit_for_ever(const Words& words);  // writers and upkeep, until it is killed or the power goes
int work_once(const Words& words);      // a fixed piece of work on a disk that may fail
int serve(const Words& words);          // clients that read and edit bricks, until it is killed
int look_on(const Words& words);        // reads bricks beside a writer, until it is killed
int ingest(const Words& words);         // one ingest

int complain(const std::string& what);
// Starts the disk that the words describe, if they do.
void start_disk_of(const Words& words);

// A store, opened for writing; made where there is none. `small`: with an engine that writes tables often,
// and so without the epoch file.
Result<Volume> open_or_create(const std::string& path, CreateOptions create, OpenOptions open, bool small);

}  // namespace terrane::soak
